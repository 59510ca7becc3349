import EPTCompute
import EPTModel

/// A number a row.
struct NumberAnswers: JudgedAnswers {
  private let answers: [Double]
  private let truths: [Double]
  private let texts: [[String]]
  private let metric: Metric
  /// The mean squared difference, measured by the head's scale.
  let loss: Double

  init(_ scores: [Matrix], _ examples: [Example], _ task: TaskDefinition, _ scale: NumberScale) {
    answers = scores.flatMap(\.values).map { scale.number($0) }
    truths = examples.map { $0.number(task) }
    texts = examples.map(\.values)
    metric = task.metric
    let unit = Double(scale.scale)
    loss = Statistics.meanSquaredError(answers.map { $0 / unit }, truths.map { $0 / unit })
  }

  var distinct: Int { Set(answers).count }

  var classes: [EvaluationDetail.ClassFigures] { [] }

  /// All rows, by falling difference; no number is right to the last digit.
  var mistakes: [EvaluationDetail.Mistake] {
    let order = answers.indices.sorted {
      let (first, second) = (abs(answers[$0] - truths[$0]), abs(answers[$1] - truths[$1]))
      return (second, $0) < (first, $1)
    }
    return order.map { row in
      EvaluationDetail.Mistake(
        texts: texts[row], truth: "\(truths[row])", answer: WrittenNumber.text(answers[row]),
        probability: nil, truthProbability: nil)
    }
  }

  func score(of rows: [Int]) -> MetricScore {
    metric.score(numbers: rows.map { answers[$0] }, truths: rows.map { truths[$0] })
  }
}

extension Metric {
  /// Scores the numbers `numbers` where `truths` are right.
  func score(numbers: [Double], truths: [Double]) -> MetricScore {
    guard self != .mse else {
      return MetricScore([.init(MetricScore.mse, Statistics.meanSquaredError(numbers, truths))])
    }
    return MetricScore([
      .init("Pearson", Statistics.pearson(numbers, truths)),
      .init("Spearman", Statistics.spearman(numbers, truths)),
    ])
  }
}

/// Numbers as answers have them: six significant digits, more than the model's own rounding leaves.
public enum WrittenNumber {
  public static func rounded(_ number: Double) -> Double { TrainingHistory.sixDigits(number) }

  /// Without a fraction of zeros, whatever the locale.
  public static func text(_ number: Double) -> String {
    let text = "\(rounded(number))"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
