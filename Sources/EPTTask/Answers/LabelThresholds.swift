import EPTCompute
import EPTModel

/// The probabilities from which on labels of a text are answered.
public enum LabelThresholds {
  /// Where nothing is known of a label.
  public static let standard: Float = 0.5

  /// The labels whose probability reaches their threshold.
  public static func reached(_ probabilities: [Float], _ thresholds: [Float]) -> Set<Int> {
    Set(
      zip(probabilities, thresholds).enumerated().filter { $0.element.0 >= $0.element.1 }
        .map(\.offset))
  }

  /// Chooses for each label the threshold with the best F1 on labelled rows.
  ///
  /// It lies midway between two probabilities; of equally good ones it is the nearest to 0.5. A label
  /// that no row has keeps 0.5.
  ///
  /// - Parameters:
  ///   - scores: One matrix a batch, one row a text and one column a label.
  ///   - examples: The rows, in the same order.
  ///   - labels: How many labels there are.
  /// - Returns: One threshold a label.
  public static func best(for scores: [Matrix], _ examples: [Example], labels: Int) -> [Float] {
    let probabilities = LabelSetAnswers.probabilities(scores)
    return (0..<labels).map { label in
      best(zip(probabilities, examples).map { ($0[label], $1.labels.contains(label)) })
    }
  }

  /// The threshold for one label, of which each row has a probability and whether it holds.
  static func best(_ rows: [(probability: Float, holds: Bool)]) -> Float {
    let sorted = rows.sorted { $0.probability > $1.probability }
    let positive = rows.count(where: \.holds)
    guard positive > 0 else { return standard }
    var best = (f1: 0.0, threshold: standard)
    var right = 0
    for (place, row) in sorted.enumerated() {
      right += row.holds ? 1 : 0
      let next = place + 1 < sorted.count ? sorted[place + 1].probability : 0
      guard next < row.probability else { continue }
      let middle = (row.probability + next) / 2
      // Midway between neighbours of binary32 is one of them.
      let threshold = middle > next ? middle : row.probability
      let f1 = 2 * Double(right) / Double(place + 1 + positive)
      if f1 > best.f1
        || (f1 == best.f1 && abs(threshold - standard) < abs(best.threshold - standard))
      {
        best = (f1, threshold)
      }
    }
    return best.threshold
  }
}
