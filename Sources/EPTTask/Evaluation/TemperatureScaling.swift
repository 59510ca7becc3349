import EPTCompute
import EPTModel
import Glibc

/// One number that scores are divided by before the softmax.
///
/// Probabilities become the shares of right answers, and answers stay as they are. Guo, Pleiss, Sun and
/// Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
public struct TemperatureScaling {
  /// Beyond these a temperature says more about few rows than about the scores.
  public static let range = 0.1...10.0

  /// One row's scores and its class.
  private struct Row {
    let scores: [Double]
    let label: Int
  }

  private let rows: [Row]

  /// Scores of labelled rows, a matrix a batch; rows of classes beyond the scores' are left out.
  public init(_ scores: [Matrix], _ examples: [Example]) {
    var rows: [Row] = []
    var place = 0
    for matrix in scores {
      for row in 0..<matrix.rows {
        let values = matrix.values[row * matrix.columns..<(row + 1) * matrix.columns]
        let label = examples[place].label
        place += 1
        if label < matrix.columns, values.allSatisfy(\.isFinite) {
          rows.append(Row(scores: values.map(Double.init), label: label))
        }
      }
    }
    self.rows = rows
  }

  private init(rows: [Row]) {
    self.rows = rows
  }

  /// The temperature with the least mean cross-entropy; 1 of no rows.
  ///
  /// The loss is convex in the inverse temperature, so the place where its slope is 0 is found by halving.
  public var fitted: Double {
    guard !rows.isEmpty else { return 1 }
    var low = 1 / Self.range.upperBound
    var high = 1 / Self.range.lowerBound
    if slope(low) >= 0 { return 1 / low }
    if slope(high) <= 0 { return 1 / high }
    for _ in 0..<50 {
      let middle = (low * high).squareRoot()
      if slope(middle) < 0 { low = middle } else { high = middle }
    }
    return 1 / (low * high).squareRoot()
  }

  /// Whether a temperature lowers the loss of rows that it was not fitted on: of either half of the
  /// rows, that of the other half.
  public var lowersLoss: Bool {
    let halves = [0, 1].map { half in
      TemperatureScaling(rows: rows.indices.filter { $0 % 2 == half }.map { rows[$0] })
    }
    guard rows.count > 1 else { return false }
    let scaled =
      halves[0].loss(temperature: halves[1].fitted) + halves[1].loss(temperature: halves[0].fitted)
    return scaled < loss(temperature: 1)
  }

  /// The sum over rows of the cross-entropy.
  func loss(temperature: Double) -> Double {
    rows.reduce(0) { sum, row in
      let best = row.scores.max() ?? 0
      let total = row.scores.reduce(0) { $0 + exp(($1 - best) / temperature) }
      return sum + log(total) + (best - row.scores[row.label]) / temperature
    }
  }

  /// The derivative of the loss by the inverse temperature: the score that the softmax expects, minus the
  /// true class's.
  private func slope(_ inverse: Double) -> Double {
    rows.reduce(0) { sum, row in
      let best = row.scores.max() ?? 0
      var (total, expected) = (0.0, 0.0)
      for score in row.scores {
        let weight = exp((score - best) * inverse)
        total += weight
        expected += weight * score
      }
      return sum + expected / total - row.scores[row.label]
    }
  }
}
