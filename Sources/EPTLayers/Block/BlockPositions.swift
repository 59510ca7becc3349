import EPTCompute

/// How the rows of each text follow one another.
package enum RowStructure {
  /// One after the other.
  case sequences
  /// As trees; `treeOfText` says which of them each text's rows are.
  case trees([TokenTree], treeOfText: [Int])
  /// One after the other, and behind them the rows of a tree that goes on from the last one, which is
  /// the tree's row 0; nil for a text with no such rows.
  case continued([TokenTree], treeOfText: [Int?])
}

/// What a block's self-attention knows of its rows' positions in one pass.
struct BlockPositions {
  /// The angles that queries and keys are rotated by.
  var rotary: Rotary.Table?
  /// Biases of the scores: one for all texts, or those that `biasOfText` chooses from.
  var biases: [AttentionBias] = []
  var biasOfText: [Int]?
  /// Biases of rows behind texts, and which of them each text's are.
  var trailing: [TrailingBias] = []
  var trailingOfText: [Int?] = []

  /// The bias of a text's scores.
  func bias(_ text: Int) -> Attention.Bias {
    let fixed = biasOfText.map { biases[$0[text]] } ?? biases.first
    let behind = trailingOfText.isEmpty ? nil : trailingOfText[text].map { trailing[$0] }
    return fixed == nil && behind == nil ? .none : .fixed(fixed, trailing: behind)
  }

  /// The same for texts `texts`, whose rows are counted from `row` on.
  func part(texts: Range<Int>, firstRow row: Int) -> BlockPositions {
    var positions = self
    positions.rotary = rotary.map {
      Rotary.Table(cosines: $0.cosines, sines: $0.sines, positions: $0.positions + row)
    }
    positions.biasOfText = biasOfText.map { Array($0[texts]) }
    positions.trailingOfText = trailingOfText.isEmpty ? [] : Array(trailingOfText[texts])
    return positions
  }
}

extension Stack {
  /// What each block's self-attention knows of the rows' positions.
  ///
  /// Tables that blocks share are made once. `starts` says where each text's rows start, then the
  /// total; `past` how many rows stood before each text's.
  func positions(
    _ structure: RowStructure, starts: [Int], past: [Int], in arena: Arena
  ) -> [BlockPositions] {
    let tables = PositionTables(structure, starts: starts, past: past, in: arena)
    return blocks.map { tables.positions(of: $0.attention) }
  }

  /// The same for one step of a decoder, whose rows have `positions`: each knows its own history, so
  /// that there is only the rotation to know.
  func positions(ofStep positions: [Int], in arena: Arena) -> [BlockPositions] {
    let indices = arena.words(positions.count)
    for row in positions.indices { indices[row] = Int32(row) }
    var rotations: [Rotary: Rotary.Table] = [:]
    return blocks.map { block in
      var known = BlockPositions()
      guard case .rotary(let rotary) = block.attention.positions else { return known }
      let table = rotations[rotary] ?? rotary.table(positions, indices: indices, in: arena)
      rotations[rotary] = table
      known.rotary = table
      return known
    }
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
  private let past: [Int]
  private let arena: Arena
  /// The most keys of a text.
  private let longest: Int
  private var biases: [BiasKey: [AttentionBias]] = [:]
  private var rotations: [Rotary: Rotary.Table] = [:]
  private lazy var rowPositions = positionsOfRows()
  private lazy var trailing = trailingBiases()

  init(_ structure: RowStructure, starts: [Int], past: [Int], in arena: Arena) {
    self.structure = structure
    self.starts = starts
    self.past = past
    self.arena = arena
    longest = past.indices.map { past[$0] + starts[$0 + 1] - starts[$0] }.max() ?? 0
  }

  func positions(of attention: SelfAttention) -> BlockPositions {
    var positions = BlockPositions()
    var bias: RelativeBias?
    switch attention.positions {
    case .none, .disentangled: break
    case .bias(let relative): bias = relative
    case .rotary(let rotary): positions.rotary = table(rotary)
    }
    positions.biases = table(bias, attention.mask)
    switch structure {
    case .sequences: break
    case .trees(_, let treeOfText): positions.biasOfText = treeOfText
    case .continued(_, let treeOfText):
      positions.trailing = trailing
      positions.trailingOfText = treeOfText
    }
    return positions
  }

  private func table(_ rotary: Rotary) -> Rotary.Table {
    if let table = rotations[rotary] { return table }
    let table = rotary.table(0..<longest, indices: rowPositions, in: arena)
    rotations[rotary] = table
    return table
  }

  private func table(_ bias: RelativeBias?, _ mask: AttentionMask) -> [AttentionBias] {
    let key = BiasKey(bias: bias.map { ObjectIdentifier($0) }, mask: mask)
    if let table = biases[key] { return table }
    let table: [AttentionBias] =
      switch structure {
      case .sequences, .continued:
        mask.table(keys: longest, over: bias, in: arena).map { [$0] } ?? []
      case .trees(let trees, _):
        trees.map { bias?.table($0, in: arena) ?? $0.mask(in: arena) }
      }
    biases[key] = table
    return table
  }

  /// What hides rows from those behind the texts.
  private func trailingBiases() -> [TrailingBias] {
    guard case .continued(let trees, _) = structure else { return [] }
    return trees.map { TrailingBias($0, keys: longest, in: arena) }
  }

  /// Each row's position in its text. `[rows]`
  private func positionsOfRows() -> UnsafeMutablePointer<Int32> {
    let positions = arena.words(starts[starts.count - 1])
    for text in past.indices {
      let rows = starts[text]..<starts[text + 1]
      let depths = depths(text)
      // The first row that is a tree's and not the text's own.
      let first = rows.count - depths.count
      for row in rows {
        let index = row - rows.lowerBound
        let position = index < first ? index : max(0, first - 1) + depths[index - first]
        positions[row] = Int32(past[text] + position)
      }
    }
    return positions
  }

  /// How far each of a text's last rows, which are a tree's, is from the tree's row 0.
  private func depths(_ text: Int) -> [Int] {
    switch structure {
    case .sequences: []
    case .trees(let trees, let treeOfText): trees[treeOfText[text]].depths
    case .continued(let trees, let treeOfText):
      treeOfText[text].map { Array(trees[$0].depths.dropFirst()) } ?? []
    }
  }
}
