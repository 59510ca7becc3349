/// The figures that metrics are made of, with scikit-learn's and SciPy's conventions for
/// degenerate inputs (0 where those warn and return 0 or NaN).
enum Statistics {
  /// The share of rows with the right class; 0 of no rows.
  static func accuracy(_ predicted: [Int], _ actual: [Int]) -> Double {
    guard !actual.isEmpty else { return 0 }
    let right = zip(predicted, actual).count { $0 == $1 }
    return Double(right) / Double(actual.count)
  }

  /// F1 of class `positive`: 2·TP / (2·TP + FP + FN), 0 if that class is nowhere.
  static func f1(_ predicted: [Int], _ actual: [Int], positive: Int) -> Double {
    var both = 0
    var either = 0
    for (guess, truth) in zip(predicted, actual) {
      both += guess == positive && truth == positive ? 1 : 0
      either += (guess == positive ? 1 : 0) + (truth == positive ? 1 : 0)
    }
    return either == 0 ? 0 : 2 * Double(both) / Double(either)
  }

  /// The mean of F1 over the classes that stand in `predicted` or `actual`.
  ///
  /// As scikit-learn's default: a class that neither has does not count.
  static func macroF1(_ predicted: [Int], _ actual: [Int]) -> Double {
    let counts = ClassCounts(predicted, actual)
    let present = counts.present
    guard !present.isEmpty else { return 0 }
    return present.reduce(0.0) { $0 + counts.f1($1) } / Double(present.count)
  }

  /// Matthews' correlation for any number of classes (Gorodkin 2004); 0 if either side is
  /// constant.
  static func matthews(_ predicted: [Int], _ actual: [Int]) -> Double {
    let counts = ClassCounts(predicted, actual)
    let (guesses, truths) = (counts.predicted.map(Double.init), counts.actual.map(Double.init))
    let right = Double(counts.right.reduce(0, +))
    let rows = Double(actual.count)
    let covariance = right * rows - zip(guesses, truths).reduce(0) { $0 + $1.0 * $1.1 }
    let guessVariance = rows * rows - guesses.reduce(0) { $0 + $1 * $1 }
    let truthVariance = rows * rows - truths.reduce(0) { $0 + $1 * $1 }
    let scale = (guessVariance * truthVariance).squareRoot()
    return scale == 0 ? 0 : covariance / scale
  }

  /// The mean of the squared differences; 0 of no rows.
  static func meanSquaredError(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(max(1, x.count))
  }

  /// Pearson's correlation; 0 if either side is constant.
  static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    // The mean of equal numbers need not be that number to the last bit.
    guard let firstX = x.first, let firstY = y.first, x.contains(where: { $0 != firstX }),
      y.contains(where: { $0 != firstY })
    else { return 0 }
    let (deviationX, deviationY) = (scaledDeviations(x), scaledDeviations(y))
    var covariance = 0.0
    var varianceX = 0.0
    var varianceY = 0.0
    for (a, b) in zip(deviationX, deviationY) {
      covariance += a * b
      varianceX += a * a
      varianceY += b * b
    }
    let correlation = covariance / (varianceX.squareRoot() * varianceY.squareRoot())
    return correlation.isFinite ? min(1, max(-1, correlation)) : 0
  }

  /// What each number differs from the mean, in shares of the largest difference: correlation has
  /// no unit, and so squares neither vanish nor overflow.
  private static func scaledDeviations(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let deviations = values.map { $0 - mean }
    let largest = deviations.reduce(0) { max($0, abs($1)) }
    return largest > 0 ? deviations.map { $0 / largest } : deviations
  }

  /// Spearman's correlation: Pearson's of the ranks, ties sharing their mean rank.
  static func spearman(_ x: [Double], _ y: [Double]) -> Double {
    pearson(ranks(x), ranks(y))
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}
