import EPTCompute
import Glibc

/// Rotary position embeddings (Su et al., 2021): a head's numbers `i` and `i + headWidth / 2` are
/// rotated by the angle `position · base^(-2i / headWidth)`, the frequency scaled for longer texts.
package struct Rotary: Sendable, Hashable {
  /// How frequencies are changed so that a model reads longer texts than it was first trained on.
  package enum Scaling: Sendable, Hashable {
    case none
    /// All are divided by `factor`.
    case linear(factor: Float)
    /// Llama 3's: low ones are divided by `factor`, high ones kept, those between mixed. `low` and
    /// `high` are how often a wave fits the `original` positions where that begins and ends.
    case llama3(factor: Float, low: Float, high: Float, original: Float)
  }

  package let base: Float
  package let headWidth: Int
  package let scaling: Scaling

  package init(base: Float, headWidth: Int, scaling: Scaling = .none) {
    self.base = base
    self.headWidth = headWidth
    self.scaling = scaling
  }

  /// The frequency of the numbers `index` and `index + headWidth / 2`, rounded where transformers
  /// rounds.
  func frequency(_ index: Int) -> Float {
    let frequency = 1 / powf(base, Float(2 * index) / Float(headWidth))
    switch scaling {
    case .none: return frequency
    case .linear(let factor): return frequency / factor
    case .llama3(let factor, let low, let high, let original):
      let length = 2 * Float.pi / frequency
      if length > original / low { return frequency / factor }
      if length < original / high { return frequency }
      let share = (original / length - low) / (high - low)
      return (1 - share) * (frequency / factor) + share * frequency
    }
  }

  /// The angles' cosines and sines for some positions.
  struct Table {
    /// The cosine of each angle, `[positions, headWidth / 2]`.
    let cosines: MatrixView
    /// The sine of each angle, `[positions, headWidth / 2]`.
    let sines: MatrixView
    /// The row of the table that each row of the pass reads. `[rows]`
    let positions: UnsafeMutablePointer<Int32>

    /// Rotates all heads of some rows, `[rows.count, heads · headWidth]`; with `inverse`, back.
    func rotate(_ x: MatrixView, rows: Range<Int>, inverse: Bool = false) {
      let width = 2 * cosines.columns
      kernels.rotate(
        x.base, Int64(x.stride), Int64(x.rows), Int64(x.columns / width), Int64(width),
        cosines.base, sines.base, positions + rows.lowerBound, inverse)
    }
  }

  /// The angles of `positions`, which the rows' numbers `indices` are of. `[rows]`
  func table(
    _ positions: some Collection<Int>, indices: UnsafeMutablePointer<Int32>, in arena: Arena
  ) -> Table {
    let half = headWidth / 2
    let cosines = arena.matrix(positions.count, half)
    let sines = arena.matrix(positions.count, half)
    for index in 0..<half {
      let frequency = frequency(index)
      for (row, position) in positions.enumerated() {
        let angle = Float(position) * frequency
        cosines.row(row)[index] = cosf(angle)
        sines.row(row)[index] = sinf(angle)
      }
    }
    return Table(cosines: cosines, sines: sines, positions: indices)
  }
}
