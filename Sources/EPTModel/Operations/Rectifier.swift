/// ReLU, whose gradient needs one bit a number.
///
/// The numbers themselves would be most of what a step of T5 keeps.
enum Rectifier {
  /// Which numbers were above 0.
  struct Kept {
    /// In the order of the kernels, `[rows, wordsPerRow]`.
    fileprivate let alive: UnsafeMutablePointer<Int32>
    fileprivate let wordsPerRow: Int

    init(rows: Int, columns: Int, in arena: Arena) {
      wordsPerRow = (columns + 511) / 512 * 16
      alive = arena.words(rows * wordsPerRow)
    }

    fileprivate func row(_ row: Int) -> UnsafeMutablePointer<Int32> { alive + row * wordsPerRow }
  }

  /// `max(x, 0)` in place, of a contiguous matrix.
  static func forward(_ x: MatrixView) {
    precondition(x.isContiguous)
    kernels.relu(x.base, Int64(x.count))
  }

  /// The same, kept as the rows `rows` of `kept`.
  static func forward(_ x: MatrixView, keeping kept: Kept, rows: Range<Int>) {
    precondition(x.isContiguous && x.rows == rows.count)
    kernels.relu_keeping(x.base, kept.row(rows.lowerBound), Int64(x.rows), Int64(x.columns))
  }

  /// Turns the gradient with respect to the result into the one with respect to the argument.
  static func backward(_ gradient: MatrixView, kept: Kept, rows: Range<Int>) {
    precondition(gradient.isContiguous && gradient.rows == rows.count)
    kernels.relu_backward(
      gradient.base, kept.row(rows.lowerBound), Int64(gradient.rows), Int64(gradient.columns))
  }
}
