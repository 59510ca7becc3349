import EPTCompute

/// Which keys of its own text a query sees.
///
/// Where a text has more keys than queries, its queries are the last rows: the keys before them are
/// those of rows that were computed earlier.
package enum AttentionMask: Sendable, Hashable {
  /// All of them.
  case full
  /// Its own row's and those of the rows before.
  case causal
  /// Those that are at most `radius` places away.
  case window(radius: Int)

  /// Queries that are handled at once if a query does not see all keys.
  ///
  /// With more, more scores are computed in vain. With fewer, keys are read more often.
  private static let hidingBlock = 64

  /// Whether some query does not see some key.
  func hides(queries: Int, keys: Int) -> Bool {
    switch self {
    case .full: false
    case .causal: queries > 1
    case .window(let radius): keys > radius + 1
    }
  }

  /// Blocks of a text's queries, each with all keys that one of them sees.
  ///
  /// Where all queries see all keys, a block has at most `fullBlock` queries.
  func blocks(
    queries: Int, keys: Int, fullBlock: Int
  ) -> [(queries: Range<Int>, keys: Range<Int>)] {
    let isHiding = hides(queries: queries, keys: keys)
    let size = isHiding ? Self.hidingBlock : fullBlock
    let before = keys - queries
    return stride(from: 0, to: queries, by: size).map { first in
      let end = min(queries, first + size)
      let seen =
        switch self {
        case .full: 0..<keys
        case .causal: 0..<before + end
        case .window(let radius):
          isHiding ? max(0, before + first - radius)..<min(keys, before + end + radius) : 0..<keys
        }
      return (first..<end, seen)
    }
  }

  /// The bias that hides keys in texts of up to `keys` keys, on top of `bias`; nil for none.
  ///
  /// One row of distances a head stands for all queries, as in `RelativeBias`.
  func table(keys: Int, over bias: RelativeBias?, in arena: Arena) -> AttentionBias? {
    let table = bias?.distances(length: keys, in: arena)
    guard hides(queries: keys, keys: keys) else { return table.map { Self.bias($0, keys: keys) } }
    let rows = table ?? arena.zeros(1, 2 * keys - 1)
    for head in 0..<rows.rows {
      for column in 0..<rows.columns where hides(distance: column - (keys - 1)) {
        rows.row(head)[column] = -.infinity
      }
    }
    return Self.bias(rows, keys: keys)
  }

  /// Whether a key is hidden whose position less the query's is `distance`.
  private func hides(distance: Int) -> Bool {
    switch self {
    case .full: false
    case .causal: distance > 0
    case .window(let radius): abs(distance) > radius
    }
  }

  /// A table of distances, `[heads, 2 · keys - 1]`, as a bias; one row stands for all heads.
  private static func bias(_ table: MatrixView, keys: Int) -> AttentionBias {
    AttentionBias(
      base: UnsafePointer(table.base) + max(0, keys - 1),
      headStride: table.rows == 1 ? 0 : table.stride, rowStride: -1)
  }
}
