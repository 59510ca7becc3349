/// The gates of the projections after blocks, summed over tokens.
public struct DepthGates: Sendable, Equatable {
  /// The sum of `softmax(H·Wg)` over tokens after each block that has a projection, the encoder's
  /// first. `[L][K]`
  public private(set) var sums: [[Double]]
  /// How many tokens passed each of these blocks. `[L]`
  public private(set) var tokens: [Int]

  /// Sums of no tokens, for projections of `shape`.
  public init(_ shape: DepthShape) {
    sums = (0..<shape.blocks).map { _ in [Double](repeating: 0, count: shape.gateVectors) }
    tokens = [Int](repeating: 0, count: shape.blocks)
  }

  /// Adds a token's gate, one number a subspace, after block `block` of these.
  mutating func add(_ gate: UnsafePointer<Float>, block: Int) {
    for subspace in sums[block].indices { sums[block][subspace] += Double(gate[subspace]) }
    tokens[block] += 1
  }

  /// Adds the sums over other tokens, of projections of the same shape.
  public mutating func add(_ other: DepthGates) {
    for block in sums.indices {
      for subspace in sums[block].indices { sums[block][subspace] += other.sums[block][subspace] }
      tokens[block] += other.tokens[block]
    }
  }

  /// The mean gate of each block; each sums to 1. `[L][K]`
  public var means: [[Double]] {
    zip(sums, tokens).map { sums, tokens in sums.map { $0 / Double(max(1, tokens)) } }
  }
}
