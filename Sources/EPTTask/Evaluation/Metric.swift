/// What a task is judged by.
public enum Metric: String, Sendable, CaseIterable {
  /// The share of right answers.
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
  /// The mean squared error, of labels that are numbers.
  case mse
  /// F1 over all labels of all rows, and the mean of each label's F1, of rows with several labels.
  case microMacroF1 = "micro_macro_f1"
  /// F1 over the entities of all rows, of a tag a word, as seqeval counts it.
  case entityF1 = "entity_f1"

  /// Whether one class, the positive one, counts for more than others.
  public var hasPositiveClass: Bool { self == .f1Accuracy || self == .f1Answers }

  /// Scores the classes `predicted` for `examples`, row by row.
  public func score(
    _ predicted: [Int], _ examples: [Example], _ definition: TaskDefinition
  ) -> MetricScore {
    score(
      predicted, examples.map(\.label), numbers(of: examples, definition), definition)
  }

  /// The unrounded number of each of `examples`; none where the metric needs none.
  func numbers(of examples: [Example], _ definition: TaskDefinition) -> [Double] {
    judged == .numbers ? examples.map { $0.number(definition) } : []
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
    case .pearsonSpearman, .mse:
      let numbers = definition.labels.map { Double($0.word) ?? 0 }
      return score(numbers: predicted.map { numbers[$0] }, truths: truths)
    case .microMacroF1:
      // One label a row is a set of one.
      return LabelSetAnswers.score(
        predicted.map { [$0] }, actual.map { [$0] }, labels: definition.labels.count)
    case .entityF1:
      // One tag a row is a sequence of one word.
      return TagAnswers.score(predicted.map { [$0] }, actual.map { [$0] }, definition.labels)
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
    /// The figure's name.
    public let name: String
    /// From 0 (correlations: -1) to 1; of an error 0 or more.
    public let value: Double

    /// A figure with its value, from -1 to 1 or in its own unit.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// One figure or two, the chief one first.
  public let figures: [Figure]

  /// The figures of a metric, the first of which is the main one.
  public init(_ figures: [Figure]) {
    self.figures = figures
  }

  /// The name of the mean squared error.
  static let mse = "MSE"

  /// The figure that the best step is chosen by, the higher the better: the mean of all, an error
  /// with its sign turned.
  public var selection: Double {
    let sum = figures.reduce(0) { $0 + ($1.isError ? -$1.value : $1.value) }
    return figures.isEmpty ? 0 : sum / Double(figures.count)
  }
}

extension MetricScore.Figure {
  /// Whether less is better, and the figure has a unit of its own.
  public var isError: Bool { name == MetricScore.mse }

  /// The value as people read it: times 100, an error as it is.
  public var text: String { text(of: value) }

  /// `value`, of the same kind, as people read it.
  public func text(of value: Double) -> String {
    isError ? WrittenNumber.text(value) : MetricScore.percent(value)
  }

  /// Whether a file may give the figure `value`.
  var isPossible: Bool { isError ? value >= 0 && value.isFinite : (-1...1).contains(value) }
}

extension MetricScore: CustomStringConvertible {
  /// `F1 89.12 accuracy 85.05`, times 100.
  public var description: String {
    figures.map { "\($0.name) \($0.text)" }.joined(separator: " ")
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
    if definition.labelForm == .several {
      let labels = LabelSetAnswers.mostFrequent(examples)
      return LabelSetAnswers.score(
        examples.map { _ in labels }, examples.map { Set($0.labels) },
        labels: definition.labels.count)
    }
    if definition.labelForm == .tags {
      let tag = TagAnswers.mostFrequent(examples, tags: definition.labels.count)
      return TagAnswers.score(
        examples.map { $0.labels.map { _ in tag } }, examples.map(\.labels), definition.labels)
    }
    if definition.labels.isEmpty {
      // Of numbers it is their mean.
      let numbers = examples.map { $0.number(definition) }
      let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
      return definition.metric.score(numbers: numbers.map { _ in mean }, truths: numbers)
    }
    let label = label(of: examples, classes: definition.labels.count)
    let predicted = [Int](repeating: label, count: examples.count)
    return definition.metric.score(predicted, examples, definition)
  }
}
