import EPTCompute

/// How the rows of each text follow one another.
package enum RowStructure {
  /// One after the other.
  case sequences
  /// As trees; `treeOfText` says which of them each text's rows are.
  case trees([TokenTree], treeOfText: [Int])
}

/// What a block's self-attention knows of its rows' positions in one pass.
struct BlockPositions {
  /// The angles that queries and keys are rotated by.
  var rotary: Rotary.Table?
  /// Biases of the scores: one for all texts, or those that `biasOfText` chooses from.
  var biases: [AttentionBias] = []
  var biasOfText: [Int]?

  /// The bias of a text's scores.
  func bias(_ text: Int) -> AttentionBias? {
    if let biasOfText { return biases[biasOfText[text]] }
    return biases.first
  }

  /// The same for rows that are counted from `row` on.
  func from(row: Int) -> BlockPositions {
    var positions = self
    positions.rotary = rotary.map {
      Rotary.Table(cosines: $0.cosines, sines: $0.sines, positions: $0.positions + row)
    }
    return positions
  }
}

extension Stack {
  /// What each block's self-attention knows of the rows' positions.
  ///
  /// Tables that blocks share are made once. `starts` says where each text's rows start, then the
  /// total.
  func positions(
    _ structure: RowStructure, starts: [Int], in arena: Arena
  ) -> [BlockPositions] {
    let tables = PositionTables(structure, starts: starts, in: arena)
    return blocks.map { tables.positions(of: $0.attention) }
  }
}

/// The tables of one pass, made at their first use.
private final class PositionTables {
  private struct BiasKey: Hashable {
    let bias: ObjectIdentifier?
    let mask: AttentionMask
  }

  private let structure: RowStructure
  private let starts: [Int]
  private let arena: Arena
  private let longest: Int
  private var biases: [BiasKey: [AttentionBias]] = [:]
  private var rotations: [Rotary: Rotary.Table] = [:]
  private lazy var rowPositions = positionsOfRows()

  init(_ structure: RowStructure, starts: [Int], in arena: Arena) {
    self.structure = structure
    self.starts = starts
    self.arena = arena
    longest = zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0
  }

  func positions(of attention: SelfAttention) -> BlockPositions {
    var positions = BlockPositions()
    var bias: RelativeBias?
    switch attention.positions {
    case .none, .disentangled: break
    case .bias(let relative): bias = relative
    case .rotary(let rotary): positions.rotary = table(rotary)
    }
    positions.biases = table(bias, attention.attention.mask)
    if case .trees(_, let treeOfText) = structure { positions.biasOfText = treeOfText }
    return positions
  }

  private func table(_ rotary: Rotary) -> Rotary.Table {
    if let table = rotations[rotary] { return table }
    let table = rotary.table(longest, positions: rowPositions, in: arena)
    rotations[rotary] = table
    return table
  }

  private func table(_ bias: RelativeBias?, _ mask: AttentionMask) -> [AttentionBias] {
    let key = BiasKey(bias: bias.map { ObjectIdentifier($0) }, mask: mask)
    if let table = biases[key] { return table }
    let table: [AttentionBias] =
      switch structure {
      case .sequences:
        mask.table(length: longest, over: bias, in: arena).map { [$0] } ?? []
      case .trees(let trees, _):
        trees.map { bias?.table($0, in: arena) ?? $0.mask(in: arena) }
      }
    biases[key] = table
    return table
  }

  /// Each row's position in its text. `[rows]`
  private func positionsOfRows() -> UnsafeMutablePointer<Int32> {
    let positions = arena.words(starts[starts.count - 1])
    for text in 0..<starts.count - 1 {
      for row in starts[text]..<starts[text + 1] {
        let index = row - starts[text]
        positions[row] =
          switch structure {
          case .sequences: Int32(index)
          case .trees(let trees, let treeOfText): Int32(trees[treeOfText[text]].depths[index])
          }
      }
    }
    return positions
  }
}
