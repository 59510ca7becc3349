import EPTCompute
import EPTModel
import EPTSystem
import Glibc

/// All that can be told of the answers to labelled rows.
public struct EvaluationDetail: Sendable {
  /// One class's figures.
  public struct ClassFigures: Sendable, Equatable {
    /// The class's label.
    public let label: String
    /// The share of the answers with this label that are right.
    public let precision: Double
    /// The share of this label's rows that are found.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// Rows with this label.
    public let support: Int
  }

  /// A row that was answered wrongly.
  public struct Mistake: Sendable, Equatable {
    /// One text a field.
    public let texts: [String]
    /// The true label.
    public let truth: String
    /// The label that was answered.
    public let answer: String
    /// The answer's; nil where it has none.
    public let probability: Double?
    /// The true label's; 0 for one that the task does not know, nil where answers have none.
    public let truthProbability: Double?
  }

  /// How many rows share a truth and an answer.
  public struct ConfusionCell: Sendable, Equatable {
    /// The true label.
    public let truth: String
    /// The label that was answered.
    public let answer: String
    /// How many rows have both.
    public let count: Int
  }

  /// How many rows were judged.
  public let rows: Int
  /// The metric's figures and the loss.
  public let evaluation: Evaluation
  /// The expected calibration error of the answers' probabilities, from 0 to 1; nil for answers that are
  /// not classes.
  public let calibrationError: Double?
  /// The answers by probability; none for answers that are not classes.
  public let reliability: [CalibrationError.Bin]
  /// What bootstrapping says of each figure of the metric.
  public let intervals: [ConfidenceInterval]
  /// In the task's order, then labels that the task does not know.
  public let classes: [ClassFigures]
  /// The pairs that occur, by truth, then by answer.
  public let confusion: [ConfusionCell]
  /// All wrong answers, those first whose truth was thought least probable.
  public let mistakes: [Mistake]

  /// Judges `scores`, one row a text and one column an output or a class.
  ///
  /// - Parameters:
  ///   - scores: One matrix a batch.
  ///   - examples: The rows, in the same order.
  ///   - task: Their task.
  ///   - kind: What the outputs stand for.
  ///   - unknown: The labels of the classes beyond the task's own.
  ///   - temperature: What scores are divided by before the softmax.
  public init(
    scores: [Matrix], examples: [Example], task: TaskDefinition, kind: HeadKind = .classes,
    unknown: [String] = [], temperature: Double = 1
  ) {
    rows = examples.count
    if let answers = kind.judged(scores, examples, task, unknown: unknown) {
      evaluation = Evaluation(answers, rows: examples.count, kind)
      calibrationError = nil
      reliability = []
      classes = answers.classes
      confusion = []
      mistakes = answers.mistakes
      intervals = ConfidenceInterval.bootstrap(rows: examples.count) {
        answers.score(of: $0)
      }
      return
    }
    evaluation = Evaluation(
      scores: scores, examples: examples, task: task, temperature: temperature)
    reliability = CalibrationError.binned(scores, examples, temperature: temperature)
    calibrationError = CalibrationError.expected(reliability)
    let predicted = scores.flatMap(\.bestColumns)
    let words = task.labels.map(\.word) + unknown
    let counts = ClassCounts(predicted, examples.map(\.label))
    classes = words.indices.map { label in
      ClassFigures(
        label: words[label], precision: counts.precision(label), recall: counts.recall(label),
        f1: counts.f1(label), support: counts.support(label))
    }
    var pairs: [[Int]: Int] = [:]
    for (guess, example) in zip(predicted, examples) {
      pairs[[example.label, guess], default: 0] += 1
    }
    confusion = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
      ConfusionCell(truth: words[$0.key[0]], answer: words[$0.key[1]], count: $0.value)
    }
    mistakes = Self.mistakes(scores, examples, predicted, words, temperature)
    intervals = ConfidenceInterval.bootstrap(predicted, examples, task)
  }

  private static func mistakes(
    _ scores: [Matrix], _ examples: [Example], _ predicted: [Int], _ words: [String],
    _ temperature: Double
  ) -> [Mistake] {
    var mistakes: [Mistake] = []
    var row = 0
    for matrix in scores {
      for start in stride(from: 0, to: matrix.values.count, by: max(1, matrix.columns)) {
        let (example, guess) = (examples[row], predicted[row])
        row += 1
        guard guess != example.label else { continue }
        let values = matrix.values[start..<start + matrix.columns].map(Double.init)
        let best = values.max() ?? 0
        let weights = values.map { exp(($0 - best) / temperature) }
        let total = weights.reduce(0, +)
        mistakes.append(
          Mistake(
            texts: example.values, truth: words[example.label], answer: words[guess],
            probability: weights[guess] / total,
            truthProbability: example.label < weights.count ? weights[example.label] / total : 0))
      }
    }
    // Sorting keeps no order of equals by itself.
    return mistakes.enumerated().sorted {
      ($0.element.truthProbability ?? 0, -($0.element.probability ?? 0), $0.offset)
        < ($1.element.truthProbability ?? 0, -($1.element.probability ?? 0), $1.offset)
    }.map(\.element)
  }
}

/// Between which numbers a figure lies with 95 % confidence.
public struct ConfidenceInterval: Sendable, Equatable {
  /// The figure's name.
  public let name: String
  /// The lower bound.
  public let low: Double
  /// The upper bound.
  public let high: Double

  /// How many samples of the rows are drawn.
  static let samples = 1000
  /// Of the drawing.
  static let seed: UInt64 = 42

  /// The percentile interval of each of the task's figures: rows are drawn with repetition, as many as
  /// there are, a thousand times with a fixed seed (Efron 1979).
  public static func bootstrap(
    _ predicted: [Int], _ examples: [Example], _ task: TaskDefinition
  ) -> [ConfidenceInterval] {
    let metric = task.metric
    let actual = examples.map(\.label)
    let truths = metric.numbers(of: examples, task)
    return bootstrap(rows: examples.count) { rows in
      metric.score(
        rows.map { predicted[$0] }, rows.map { actual[$0] },
        truths.isEmpty ? [] : rows.map { truths[$0] }, task)
    }
  }

  /// The same of `count` rows, of which `score` tells the figures of some.
  static func bootstrap(
    rows count: Int, _ score: ([Int]) -> MetricScore
  ) -> [ConfidenceInterval] {
    guard count > 0 else { return [] }
    var random = RandomNumbers(.bootstrap, seed)
    var figures: [[Double]] = []
    var names: [String] = []
    for _ in 0..<samples {
      let score = score((0..<count).map { _ in random.below(count) })
      names = score.figures.map(\.name)
      figures.append(score.figures.map(\.value))
    }
    return names.indices.map { index in
      let sorted = figures.map { $0[index] }.sorted()
      return ConfidenceInterval(
        name: names[index], low: sorted[samples * 25 / 1000],
        high: sorted[samples * 975 / 1000 - 1])
    }
  }
}
