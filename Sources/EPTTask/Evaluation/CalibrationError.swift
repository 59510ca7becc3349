import EPTCompute
import EPTModel
import Glibc

/// How far probabilities are from being the shares of right answers.
public enum CalibrationError {
  /// How many bins of equal width are counted, as by Guo and others (ICML 2017).
  public static let bins = 15

  /// The answers of one bin.
  public struct Bin: Sendable, Equatable {
    /// How many there are.
    public internal(set) var count = 0
    /// How many of them are right.
    public internal(set) var right = 0
    /// The sum of their probabilities.
    public internal(set) var probability = 0.0
  }

  /// Puts answers into bins by their probability: bin `m` of `M` holds (m/M, (m + 1)/M].
  ///
  /// - Parameters:
  ///   - probabilities: The answers', from 0 to 1.
  ///   - right: Whether each answer is right.
  ///   - bins: How many bins there are.
  /// - Returns: One element a bin.
  public static func binned(
    _ probabilities: [Double], right: [Bool], bins: Int = Self.bins
  ) -> [Bin] {
    var counted = [Bin](repeating: Bin(), count: bins)
    for (probability, isRight) in zip(probabilities, right) {
      // A probability that is no number has no bin of its own; its bin's sum is no number then.
      let place =
        probability.isFinite ? Int((probability * Double(bins)).rounded(.up)) - 1 : 0
      let bin = min(bins - 1, max(0, place))
      counted[bin].count += 1
      counted[bin].right += isRight ? 1 : 0
      counted[bin].probability += probability
    }
    return counted
  }

  /// The expected calibration error, from 0 to 1.
  ///
  /// It is the mean over answers of the distance between their bin's share of right answers and its mean
  /// probability.
  ///
  /// - Parameters:
  ///   - probabilities: The answers', from 0 to 1.
  ///   - right: Whether each answer is right.
  ///   - bins: How many bins there are.
  /// - Returns: The error; 0 of no answers.
  public static func expected(
    _ probabilities: [Double], right: [Bool], bins: Int = Self.bins
  ) -> Double {
    expected(binned(probabilities, right: right, bins: bins))
  }

  /// That of answers in bins.
  static func expected(_ bins: [Bin]) -> Double {
    let gaps = bins.reduce(0) { $0 + abs(Double($1.right) - $1.probability) }
    return gaps / Double(max(1, bins.reduce(0) { $0 + $1.count }))
  }

  /// The bins of the largest score of each row, as a softmax of the scores divided by `temperature`.
  ///
  /// A row of a class beyond the scores' is answered wrongly.
  static func binned(
    _ scores: [Matrix], _ examples: [Example], temperature: Double
  ) -> [Bin] {
    let predicted = scores.flatMap(\.bestColumns)
    var probabilities: [Double] = []
    for matrix in scores {
      for row in 0..<matrix.rows {
        let values = matrix.values[row * matrix.columns..<(row + 1) * matrix.columns]
        let best = Double(values.max() ?? 0)
        probabilities.append(
          1 / values.reduce(0.0) { $0 + exp((Double($1) - best) / temperature) })
      }
    }
    return binned(probabilities, right: zip(predicted, examples).map { $0 == $1.label })
  }
}
