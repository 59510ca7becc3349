import EPTCompute
import EPTModel
import Glibc

/// How far probabilities are from being the shares of right answers.
public enum CalibrationError {
  /// How many bins of equal width are counted, as by Guo and others (ICML 2017).
  public static let bins = 15

  /// The expected calibration error, from 0 to 1: answers are put into bins by their probability, bin
  /// `m` of `M` holding (m/M, (m + 1)/M]; the mean over answers of how far their bin's share of right
  /// answers is from its mean probability.
  ///
  /// - Parameters:
  ///   - probabilities: The answers', from 0 to 1.
  ///   - right: Whether each answer is right.
  ///   - bins: How many bins there are.
  /// - Returns: The error; 0 of no answers.
  public static func expected(
    _ probabilities: [Double], right: [Bool], bins: Int = Self.bins
  ) -> Double {
    var gaps = [Double](repeating: 0, count: bins)
    for (probability, isRight) in zip(probabilities, right) {
      let bin = min(bins - 1, max(0, Int((probability * Double(bins)).rounded(.up)) - 1))
      gaps[bin] += (isRight ? 1 : 0) - probability
    }
    return gaps.reduce(0) { $0 + abs($1) } / Double(max(1, probabilities.count))
  }

  /// That of the largest score of each row as a softmax of the scores divided by `temperature`.
  ///
  /// A row of a class beyond the scores' is answered wrongly.
  static func expected(
    _ scores: [Matrix], _ examples: [Example], temperature: Double
  ) -> Double {
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
    return expected(probabilities, right: zip(predicted, examples).map { $0 == $1.label })
  }
}
