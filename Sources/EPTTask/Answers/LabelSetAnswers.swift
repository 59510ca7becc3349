import EPTCompute
import EPTModel

/// Any of several labels a row.
struct LabelSetAnswers: JudgedAnswers {
  /// Labels of the task, then those that it does not know.
  private let words: [String]
  /// One probability a known label, row by row.
  private let probabilities: [[Float]]
  private let answers: [Set<Int>]
  private let truths: [Set<Int>]
  private let texts: [[String]]
  /// The mean binary cross-entropy over known labels and rows.
  let loss: Double

  init(
    _ scores: [Matrix], _ examples: [Example], _ task: TaskDefinition, thresholds: [Float],
    unknown: [String] = []
  ) {
    words = task.labels.map(\.word) + unknown
    probabilities = Self.probabilities(scores)
    answers = probabilities.map { LabelThresholds.reached($0, thresholds) }
    truths = examples.map { Set($0.labels) }
    texts = examples.map(\.values)
    var loss = 0.0
    let kind = HeadKind.labels(thresholds: thresholds)
    for (outputs, example) in zip(scores.flatMap(\.eachRow), examples) {
      var outputs = outputs
      let known = example.labels.filter { $0 < task.labels.count }
      loss += kind.loss(&outputs, .labels(known), share: 1)
    }
    self.loss = loss / Double(max(1, examples.count))
  }

  /// One probability a label, row by row.
  static func probabilities(_ scores: [Matrix]) -> [[Float]] {
    scores.flatMap(\.eachRow).map { $0.map(HeadKind.labelProbability) }
  }

  var distinct: Int { Set(answers).count }

  var classes: [EvaluationDetail.ClassFigures] {
    words.indices.map { label in
      let counts = LabelCounts(label, answers, truths)
      return EvaluationDetail.ClassFigures(
        label: words[label], precision: counts.precision, recall: counts.recall, f1: counts.f1,
        support: counts.right + counts.missed)
    }
  }

  /// The rows with a label too many or too few, those first that have most of them.
  var mistakes: [EvaluationDetail.Mistake] {
    let wrong = answers.indices.filter { answers[$0] != truths[$0] }
    func size(_ row: Int) -> Int { answers[row].symmetricDifference(truths[row]).count }
    return wrong.sorted { (-size($0), $0) < (-size($1), $1) }.map { row in
      EvaluationDetail.Mistake(
        texts: texts[row], truth: named(truths[row]), answer: named(answers[row]),
        probability: nil, truthProbability: nil)
    }
  }

  private func named(_ labels: Set<Int>) -> String {
    labels.sorted().map { words[$0] }.joined(separator: ", ")
  }

  func score(of rows: [Int]) -> MetricScore {
    Self.score(rows.map { answers[$0] }, rows.map { truths[$0] }, labels: words.count)
  }

  /// F1 over all labels of all rows, and the mean of each label's F1; as scikit-learn's `micro` and
  /// `macro` on indicators, where a label without rows and answers has 0.
  static func score(_ answers: [Set<Int>], _ truths: [Set<Int>], labels: Int) -> MetricScore {
    let counts = (0..<labels).map { LabelCounts($0, answers, truths) }
    let all = counts.reduce(LabelCounts()) { $0 + $1 }
    let macro = counts.reduce(0.0) { $0 + $1.f1 } / Double(max(1, labels))
    return MetricScore([.init("micro F1", all.f1), .init("macro F1", macro)])
  }

  /// The labels that most rows have together.
  static func mostFrequent(_ examples: [Example]) -> Set<Int> {
    var counts: [[Int]: Int] = [:]
    for example in examples { counts[example.labels, default: 0] += 1 }
    // Of equally frequent ones, the first by its labels.
    let best = counts.max { ($0.value, $1.key.description) < ($1.value, $0.key.description) }
    return Set(best?.key ?? [])
  }
}

/// How often one label was answered rightly, answered wrongly and missed.
private struct LabelCounts {
  var right = 0
  var wrong = 0
  var missed = 0

  init() {}

  init(_ label: Int, _ answers: [Set<Int>], _ truths: [Set<Int>]) {
    for (answer, truth) in zip(answers, truths) {
      switch (answer.contains(label), truth.contains(label)) {
      case (true, true): right += 1
      case (true, false): wrong += 1
      case (false, true): missed += 1
      case (false, false): break
      }
    }
  }

  static func + (first: LabelCounts, second: LabelCounts) -> LabelCounts {
    var sum = first
    sum.right += second.right
    sum.wrong += second.wrong
    sum.missed += second.missed
    return sum
  }

  var precision: Double { right + wrong > 0 ? Double(right) / Double(right + wrong) : 0 }
  var recall: Double { right + missed > 0 ? Double(right) / Double(right + missed) : 0 }

  var f1: Double {
    let all = 2 * right + wrong + missed
    return all > 0 ? 2 * Double(right) / Double(all) : 0
  }
}
