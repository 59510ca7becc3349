import EPTCompute
import Glibc

/// Rotary position embeddings (Su et al., 2021): a head's numbers `i` and `i + headWidth / 2` are
/// rotated by the angle `position · base^(-2i / headWidth)`.
package struct Rotary: Sendable, Hashable {
  package let base: Float
  package let headWidth: Int

  package init(base: Float, headWidth: Int) {
    self.base = base
    self.headWidth = headWidth
  }

  /// The angles' cosines and sines for some positions.
  struct Table {
    /// The cosine of each angle, `[positions, headWidth / 2]`.
    let cosines: MatrixView
    /// The sine of each angle, `[positions, headWidth / 2]`.
    let sines: MatrixView
    /// Each row's position. `[rows]`
    let positions: UnsafeMutablePointer<Int32>

    /// Rotates all heads of some rows, `[rows.count, heads · headWidth]`; with `inverse`, back.
    func rotate(_ x: MatrixView, rows: Range<Int>, inverse: Bool = false) {
      let width = 2 * cosines.columns
      kernels.rotate(
        x.base, Int64(x.stride), Int64(x.rows), Int64(x.columns / width), Int64(width),
        cosines.base, sines.base, positions + rows.lowerBound, inverse)
    }
  }

  /// The angles for positions below `count`; `positions` are the rows', `[rows]`.
  func table(
    _ count: Int, positions: UnsafeMutablePointer<Int32>, in arena: Arena
  ) -> Table {
    let half = headWidth / 2
    let cosines = arena.matrix(count, half)
    let sines = arena.matrix(count, half)
    for index in 0..<half {
      // Rounded where transformers rounds.
      let frequency = 1 / powf(base, Float(2 * index) / Float(headWidth))
      for position in 0..<count {
        let angle = Float(position) * frequency
        cosines.row(position)[index] = cosf(angle)
        sines.row(position)[index] = sinf(angle)
      }
    }
    return Table(cosines: cosines, sines: sines, positions: positions)
  }
}
