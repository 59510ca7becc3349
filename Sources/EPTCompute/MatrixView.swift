/// A row-major matrix in memory that someone else owns.
///
/// Every range is checked when a view is cut, so loops below may use bare pointers.
package struct MatrixView {
  /// The first number of row 0.
  package let base: UnsafeMutablePointer<Float>
  package let rows: Int
  package let columns: Int
  /// Numbers from one row's start to the next one's.
  package let stride: Int

  @inlinable
  package init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// Whether rows follow one another without a gap.
  @inlinable package var isContiguous: Bool { stride == columns }

  /// How many numbers there are.
  @inlinable package var count: Int { rows * columns }

  /// The start of row `index`.
  @inlinable
  package func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < rows)
    return base + index * stride
  }

  /// Some of the rows.
  @inlinable
  package func rows(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    return MatrixView(
      base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns.
  @inlinable
  package func columns(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns)
    return MatrixView(
      base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// The same numbers in rows of another length.
  @inlinable
  package func reshaped(rows: Int, columns: Int) -> MatrixView {
    precondition(isContiguous && rows * columns == count)
    return MatrixView(base: base, rows: rows, columns: columns)
  }

  /// Sets every number of a contiguous matrix.
  package func fill(_ value: Float) {
    precondition(isContiguous)
    base.update(repeating: value, count: count)
  }

  /// Copies `matrix`, of the same size, into a contiguous view.
  package func copy(_ matrix: Matrix) {
    precondition(isContiguous && matrix.rows == rows && matrix.columns == columns)
    matrix.values.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { return }
      base.update(from: first, count: count)
    }
  }

  /// A copy that owns its numbers.
  package func matrix() -> Matrix {
    precondition(isContiguous)
    return Matrix(
      rows: rows, columns: columns,
      values: [Float](UnsafeBufferPointer(start: base, count: count)))
  }
}
