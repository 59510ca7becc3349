import Glibc

/// One text's answer.
public struct Answer: Sendable, Equatable {
  /// The index of the most probable label; of equal ones the first.
  public let label: Int
  /// One probability a label; they sum to 1. `[labels]`
  public let probabilities: [Float]

  /// The softmax of `scores`, one a label; nil where they are not numbers.
  public init?(scores: some Collection<Float>) {
    guard let largest = scores.max(), scores.allSatisfy(\.isFinite) else { return nil }
    let weights = scores.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    probabilities = weights.map { $0 / total }
    label = weights.firstIndex(of: 1) ?? 0
  }
}
