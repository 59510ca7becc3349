/// One of several parts of an input, which machines answer side by side: the records whose places leave
/// one remainder.
public struct Shard: Sendable, Equatable {
  /// From 0 to `count - 1`.
  public let index: Int
  /// How many parts there are.
  public let count: Int

  /// nil where there is no such part; at most 99,999 are told apart.
  public init?(index: Int, count: Int) {
    guard (1...99_999).contains(count), (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the record at `place`, counted from 0, is in this part.
  public func holds(_ place: Int) -> Bool { place % count == index }
}
