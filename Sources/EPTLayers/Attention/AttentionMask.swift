import EPTCompute

/// Which keys of its own text a query sees.
package enum AttentionMask: Sendable, Hashable {
  /// All of them.
  case full
  /// Those that are at most `radius` places away.
  case window(radius: Int)

  /// Queries that are handled at once where a query sees a window: the more, the more scores are
  /// computed in vain; the fewer, the more often keys are read.
  private static let windowBlock = 64

  /// Whether some query of `length` does not see some key.
  func hides(length: Int) -> Bool {
    switch self {
    case .full: false
    case .window(let radius): length > radius + 1
    }
  }

  /// Blocks of the queries of a text of `length`, each with all keys that one of them sees.
  ///
  /// A query that sees all keys is in a block of at most `fullBlock` queries.
  func blocks(length: Int, fullBlock: Int) -> [(queries: Range<Int>, keys: Range<Int>)] {
    switch self {
    case .window(let radius) where hides(length: length):
      stride(from: 0, to: length, by: Self.windowBlock).map { first in
        let end = min(length, first + Self.windowBlock)
        return (first..<end, max(0, first - radius)..<min(length, end + radius))
      }
    default:
      stride(from: 0, to: length, by: fullBlock).map { first in
        (first..<min(length, first + fullBlock), 0..<length)
      }
    }
  }

  /// The bias that hides keys in texts of up to `length` rows, on top of `bias`; nil for none.
  ///
  /// One row of distances a head stands for all queries, as in `RelativeBias`.
  func table(length: Int, over bias: RelativeBias?, in arena: Arena) -> AttentionBias? {
    let table = bias?.distances(length: length, in: arena)
    guard case .window(let radius) = self, hides(length: length) else {
      return table.map { Self.bias($0, length: length) }
    }
    let rows = table ?? arena.zeros(1, 2 * length - 1)
    for head in 0..<rows.rows {
      for column in 0..<rows.columns where abs(column - (length - 1)) > radius {
        rows.row(head)[column] = -.infinity
      }
    }
    return Self.bias(rows, length: length)
  }

  /// A table of distances, `[heads, 2 · length - 1]`, as a bias; one row stands for all heads.
  private static func bias(_ table: MatrixView, length: Int) -> AttentionBias {
    AttentionBias(
      base: UnsafePointer(table.base) + max(0, length - 1),
      headStride: table.rows == 1 ? 0 : table.stride, rowStride: -1)
  }
}
