import EPTCompute
import Glibc

/// What a linear head reads of a row's last hidden states.
///
/// `u` and `v` are the vectors that `Pooling` makes of a text's states, `[d]`.
public enum HeadFeatures: String, Sendable, CaseIterable {
  /// The vector of the row's one text, `[d]`.
  case text
  /// `[u, v, |u - v|, u * v]` of two texts that passed alone, `[4·d]` (InferSent, Conneau et al.,
  /// EMNLP 2017).
  case pair
  /// The cosine of two texts that passed alone, `[1]`.
  case cosine
  /// The state of the first token of each word of the row's one text, `[d]` a word: what token
  /// classification reads (Devlin et al., NAACL 2019, section 5.3).
  case words

  /// How many numbers there are, for states of `hiddenSize`.
  public func count(hiddenSize: Int) -> Int {
    switch self {
    case .text, .words: hiddenSize
    case .pair: 4 * hiddenSize
    case .cosine: 1
    }
  }

  /// How many texts a row has.
  public var textCount: Int {
    switch self {
    case .text, .words: 1
    case .pair, .cosine: 2
    }
  }
}

/// The features of some rows, and the way back to the states.
struct FeatureRows {
  private let features: HeadFeatures
  private let pooling: Pooling
  private let layout: TokenLayout
  /// The sequences of `layout` that each row's texts have. `[rows][texts]`
  private let rows: [[Int]]
  /// The states of the words of all rows, one after the other. `[words]`
  private let wordStates: [Int]
  /// `u` and `v` of each row; for one text `u` alone; none for words. `[rows, d]` each
  private let pooled: [MatrixView]
  /// What the head reads. `[rows, features]`; of words `[words, features]`, row by row
  let values: MatrixView

  /// Reads `states`, `[layout.rows, d]`, of rows whose texts have these `sequences` of `layout`, and
  /// whose words start at these places of their texts.
  init(
    _ features: HeadFeatures, _ pooling: Pooling, _ states: MatrixView, _ layout: TokenLayout,
    sequences rows: [[Int]], words: [[Int]] = [], in arena: Arena
  ) {
    self.features = features
    self.pooling = pooling
    self.layout = layout
    self.rows = rows
    let d = states.columns
    guard features != .words else {
      wordStates = zip(rows, words).flatMap { row, starts in
        starts.map { layout.tokens(row[0]).lowerBound + $0 }
      }
      pooled = []
      values = arena.matrix(wordStates.count, d)
      for (word, state) in wordStates.enumerated() {
        values.row(word).update(from: states.row(state), count: d)
      }
      return
    }
    wordStates = []
    pooled = (0..<features.textCount).map { place in
      PooledHead.pool(
        states, layout, of: rows.map { $0[place] }, by: pooling, in: arena)
    }
    switch features {
    case .text, .words: values = pooled[0]
    case .pair:
      values = arena.matrix(rows.count, 4 * d)
      for row in 0..<rows.count {
        let (u, v, out) = (pooled[0].row(row), pooled[1].row(row), values.row(row))
        for index in 0..<d {
          out[index] = u[index]
          out[d + index] = v[index]
          out[2 * d + index] = abs(u[index] - v[index])
          out[3 * d + index] = u[index] * v[index]
        }
      }
    case .cosine:
      values = arena.matrix(rows.count, 1)
      for row in 0..<rows.count {
        values.row(row)[0] = Cosine(pooled[0].row(row), pooled[1].row(row), d).value
      }
    }
  }

  /// Adds to `stateGradient`, `[layout.rows, d]`, what `gradient`, of `values`' size, makes of it.
  func addGradient(_ gradient: MatrixView, to stateGradient: MatrixView, in arena: Arena) {
    let d = stateGradient.columns
    switch features {
    case .text:
      addPooled(gradient, place: 0, to: stateGradient)
    case .words:
      for (word, state) in wordStates.enumerated() {
        kernels.add_scaled(stateGradient.row(state), gradient.row(word), 1, Int64(d))
      }
    case .pair:
      let (first, second) = (arena.matrix(rows.count, d), arena.matrix(rows.count, d))
      for row in 0..<rows.count {
        let (u, v, g) = (pooled[0].row(row), pooled[1].row(row), gradient.row(row))
        let (du, dv) = (first.row(row), second.row(row))
        for index in 0..<d {
          let difference = u[index] - v[index]
          // |x| has the slope 0 at 0, as PyTorch has it.
          let slope = difference > 0 ? g[2 * d + index] : difference < 0 ? -g[2 * d + index] : 0
          du[index] = g[index] + slope + v[index] * g[3 * d + index]
          dv[index] = g[d + index] - slope + u[index] * g[3 * d + index]
        }
      }
      addPooled(first, place: 0, to: stateGradient)
      addPooled(second, place: 1, to: stateGradient)
    case .cosine:
      let (first, second) = (arena.zeros(rows.count, d), arena.zeros(rows.count, d))
      for row in 0..<rows.count {
        let (u, v) = (pooled[0].row(row), pooled[1].row(row))
        let cosine = Cosine(u, v, d)
        // ∂cos/∂u = v / (|u|·|v|) - cos · u / |u|², and the same with u and v exchanged.
        let slope = gradient.row(row)[0]
        let both = slope / (cosine.norms.u * cosine.norms.v)
        let own = (
          u: -slope * cosine.value / (cosine.norms.u * cosine.norms.u),
          v: -slope * cosine.value / (cosine.norms.v * cosine.norms.v)
        )
        kernels.add_scaled(first.row(row), v, both, Int64(d))
        kernels.add_scaled(first.row(row), u, own.u, Int64(d))
        kernels.add_scaled(second.row(row), u, both, Int64(d))
        kernels.add_scaled(second.row(row), v, own.v, Int64(d))
      }
      addPooled(first, place: 0, to: stateGradient)
      addPooled(second, place: 1, to: stateGradient)
    }
  }

  /// Shares the gradient of each row's pooled text among the states that it was pooled from.
  private func addPooled(_ gradient: MatrixView, place: Int, to stateGradient: MatrixView) {
    for (index, row) in rows.enumerated() {
      let states = pooling.rows(layout.tokens(row[place]))
      let share = 1 / Float(states.count)
      for state in states {
        kernels.add_scaled(
          stateGradient.row(state), gradient.row(index), share, Int64(gradient.columns))
      }
    }
  }
}

/// The cosine of two vectors.
private struct Cosine {
  let value: Float
  let norms: (u: Float, v: Float)

  init(_ u: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ count: Int) {
    func norm(_ x: UnsafeMutablePointer<Float>) -> Float {
      // A vector of zeros has no direction: its cosine is 0, as PyTorch has it.
      max(kernels.dot(x, x, Int64(count)).squareRoot(), 1e-8)
    }
    norms = (norm(u), norm(v))
    value = kernels.dot(u, v, Int64(count)) / (norms.u * norms.v)
  }
}
