/// What a threshold for one label finds.
public struct ThresholdFigures: Sendable, Equatable {
  /// The share of the label's rows whose probability reaches it; nil without such rows.
  public let recall: Double?
  /// The share of the other rows whose probability reaches it; nil without such rows.
  public let falsePositives: Double?

  /// Counts the rows whose probability of `label` is `threshold` or more.
  public init(_ probabilities: [[Double]], labels: [Int], label: Int, threshold: Double) {
    func share(_ isMeant: (Int) -> Bool) -> Double? {
      let rows = zip(probabilities, labels).filter { isMeant($0.1) }
      guard !rows.isEmpty else { return nil }
      return Double(rows.count { $0.0[label] >= threshold }) / Double(rows.count)
    }
    recall = share { $0 == label }
    falsePositives = share { $0 != label }
  }
}
