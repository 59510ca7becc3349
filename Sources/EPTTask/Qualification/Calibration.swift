/// Whether answers are right as often as their probabilities say.
public enum Calibration {
  /// How many bins there are, as in the paper.
  private static let bins = 15

  /// The expected calibration error of the answers `probabilities` give, where `labels` are right.
  ///
  /// Over 15 bins of equal width, the mean of |share of right answers - mean probability of the answer|, by
  /// rows (Guo et al., arXiv 1706.04599, equation 3).
  public static func error(_ probabilities: [[Double]], labels: [Int]) -> Double {
    var confidence = [Double](repeating: 0, count: bins)
    var right = [Double](repeating: 0, count: bins)
    for (row, label) in zip(probabilities, labels) {
      let answer = Probabilities.answer(row)
      let probability = row.isEmpty ? 0 : row[answer]
      let bin = probability.isFinite ? min(bins - 1, max(0, Int(probability * Double(bins)))) : 0
      confidence[bin] += probability
      right[bin] += answer == label ? 1 : 0
    }
    let rows = Double(max(1, min(probabilities.count, labels.count)))
    return zip(confidence, right).reduce(0) { $0 + abs($1.0 - $1.1) } / rows
  }
}

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
