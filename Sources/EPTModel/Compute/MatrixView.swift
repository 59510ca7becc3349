/// A row-major matrix in memory that someone else owns and keeps.
///
/// Every range is checked when a view is cut, so loops below may use bare pointers.
struct MatrixView {
  /// The first number of row 0.
  let base: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  /// Numbers from one row's start to the next one's.
  let stride: Int

  init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// Whether rows follow one another without a gap.
  var isContiguous: Bool { stride == columns }

  /// How many numbers there are.
  var count: Int { rows * columns }

  /// The start of row `index`.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < rows)
    return base + index * stride
  }

  /// Some of the rows.
  func rows(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    return MatrixView(
      base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns.
  func columns(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns)
    return MatrixView(
      base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// The same numbers in rows of another length.
  func reshaped(rows: Int, columns: Int) -> MatrixView {
    precondition(isContiguous && rows * columns == count)
    return MatrixView(base: base, rows: rows, columns: columns)
  }

  /// Sets every number of a contiguous matrix.
  func fill(_ value: Float) {
    precondition(isContiguous)
    base.update(repeating: value, count: count)
  }

  /// Copies `matrix`, of the same size, into a contiguous view.
  func copy(_ matrix: Matrix) {
    precondition(isContiguous && matrix.rows == rows && matrix.columns == columns)
    matrix.values.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { return }
      base.update(from: first, count: count)
    }
  }

  /// A copy that owns its numbers.
  func matrix() -> Matrix {
    precondition(isContiguous)
    return Matrix(
      rows: rows, columns: columns,
      values: [Float](UnsafeBufferPointer(start: base, count: count)))
  }
}
