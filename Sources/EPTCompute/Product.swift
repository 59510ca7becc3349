import CEPTKernels

/// Products of matrices, each on the calling thread alone.
package enum Product {
  /// Puts `scale · op(a) · op(b)` into `c`, or adds it with `adding`.
  package static func multiply(
    _ a: MatrixView, transposeA: Bool = false, _ b: MatrixView, transposeB: Bool = false,
    scale: Float = 1, adding: Bool = false, into c: MatrixView
  ) {
    let inner = check(a, transposeA, b, transposeB, c)
    guard c.count > 0 else { return }
    kernels.product(
      transposeA, transposeB, Int64(c.rows), Int64(c.columns), Int64(inner), scale,
      a.base, Int64(a.stride), b.base, Int64(b.stride),
      adding ? 1 : 0, c.base, Int64(c.stride))
  }

  /// The length of the sums; stops the program if sizes don't fit.
  @discardableResult
  static func check(
    _ a: MatrixView, _ transposeA: Bool, _ b: MatrixView, _ transposeB: Bool, _ c: MatrixView
  ) -> Int {
    let (rows, inner) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (depth, columns) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(
      rows == c.rows && columns == c.columns && inner == depth,
      "[\(rows), \(inner)] · [\(depth), \(columns)] into [\(c.rows), \(c.columns)]")
    return inner
  }
}
