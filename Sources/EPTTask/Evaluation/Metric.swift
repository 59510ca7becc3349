/// What a task is judged by.
public enum Metric: String, Sendable, CaseIterable {
  case accuracy
  /// Matthews' correlation coefficient.
  case matthews
  /// F1 of the positive class, and accuracy.
  case f1Accuracy = "f1_accuracy"
  /// Pearson's and Spearman's correlation, of label words that are numbers.
  case pearsonSpearman = "pearson_spearman"
  /// The mean F1 of the classes that a row or an answer has, and accuracy.
  case macroF1 = "macro_f1"
  /// F1 of the positive class over all answers (MultiRC's F1a).
  case f1Answers = "f1a"

  /// Whether one class, the positive one, counts for more than others.
  public var hasPositiveClass: Bool { self == .f1Accuracy || self == .f1Answers }

  /// Scores the classes `predicted` for `examples`, row by row.
  public func score(
    _ predicted: [Int], _ examples: [Example], _ definition: TaskDefinition
  ) -> MetricScore {
    score(predicted, examples.map(\.label), numbers(of: examples, definition), definition)
  }

  /// The unrounded number of each of `examples`; none where the metric needs none.
  func numbers(of examples: [Example], _ definition: TaskDefinition) -> [Double] {
    guard self == .pearsonSpearman else { return [] }
    let words = definition.labels.map { Double($0.word) ?? 0 }
    return examples.map { $0.score ?? words[$0.label] }
  }

  /// Scores the classes `predicted` where `actual` are right; `truths` are what `numbers` gives.
  func score(
    _ predicted: [Int], _ actual: [Int], _ truths: [Double], _ definition: TaskDefinition
  ) -> MetricScore {
    let positive = definition.positiveClass ?? 1
    switch self {
    case .accuracy:
      return MetricScore([.init("accuracy", Statistics.accuracy(predicted, actual))])
    case .matthews:
      return MetricScore([
        .init("Matthews", Statistics.matthews(predicted, actual))
      ])
    case .f1Accuracy:
      return MetricScore([
        .init("F1", Statistics.f1(predicted, actual, positive: positive)),
        .init("accuracy", Statistics.accuracy(predicted, actual)),
      ])
    case .pearsonSpearman:
      let numbers = definition.labels.map { Double($0.word) ?? 0 }
      let guesses = predicted.map { numbers[$0] }
      return MetricScore([
        .init("Pearson", Statistics.pearson(guesses, truths)),
        .init("Spearman", Statistics.spearman(guesses, truths)),
      ])
    case .macroF1:
      return MetricScore([
        .init("macro F1", Statistics.macroF1(predicted, actual)),
        .init("accuracy", Statistics.accuracy(predicted, actual)),
      ])
    case .f1Answers:
      return MetricScore([.init("F1a", Statistics.f1(predicted, actual, positive: positive))])
    }
  }
}

/// The figures of one metric on one set of rows.
public struct MetricScore: Sendable, Equatable {
  /// A figure with its name.
  public struct Figure: Sendable, Equatable {
    public let name: String
    /// From 0 (correlations: -1) to 1.
    public let value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// One figure or two, the chief one first.
  public let figures: [Figure]

  public init(_ figures: [Figure]) {
    self.figures = figures
  }

  /// The figure that the best step is chosen by: the mean of all.
  public var selection: Double {
    figures.isEmpty ? 0 : figures.reduce(0) { $0 + $1.value } / Double(figures.count)
  }
}

extension MetricScore: CustomStringConvertible {
  /// `F1 89.12 accuracy 85.05`, times 100.
  public var description: String {
    figures.map { "\($0.name) \(Self.percent($0.value))" }.joined(separator: " ")
  }

  /// `value`, from -1 to 1, times 100 with two decimals.
  public static func percent(_ value: Double) -> String {
    let value = min(1, max(-1, value.isNaN ? 0 : value))
    let hundredths = Int((value * 10_000).rounded())
    let digits = String(abs(hundredths) % 100)
    return (hundredths < 0 ? "-" : "") + "\(abs(hundredths) / 100)."
      + String(repeating: "0", count: 2 - digits.count) + digits
  }
}

/// The answer that needs no model: the most frequent class, always.
public enum MajorityBaseline {
  /// The most frequent class of `examples`; of equally frequent ones, the first.
  public static func label(of examples: [Example], classes: Int) -> Int {
    var counts = [Int](repeating: 0, count: classes)
    // Labels that the task does not know can be no answer.
    for example in examples where example.label < classes { counts[example.label] += 1 }
    return counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
  }

  /// What the most frequent class of these rows would score on them.
  public static func score(_ examples: [Example], _ definition: TaskDefinition) -> MetricScore {
    let label = label(of: examples, classes: definition.labels.count)
    let predicted = [Int](repeating: label, count: examples.count)
    return definition.metric.score(predicted, examples, definition)
  }
}
