import EPTCompute
import EPTModel

/// Answers to labelled rows that are not one class a row, and how they are judged.
///
/// A kind of read-out is one type of this protocol; one class a row stands in `Evaluation` itself.
protocol JudgedAnswers {
  /// The mean loss, as training has it.
  var loss: Double { get }
  /// How many different answers there are.
  var distinct: Int { get }
  /// The figures of each label; none where answers have no labels.
  var classes: [EvaluationDetail.ClassFigures] { get }
  /// All wrong answers, the worst first.
  var mistakes: [EvaluationDetail.Mistake] { get }

  /// The metric's figures on `rows`, of which some may be there twice.
  func score(of rows: [Int]) -> MetricScore
}

extension HeadKind {
  /// What `scores` answer to `examples`.
  ///
  /// - Parameters:
  ///   - scores: One matrix a batch, one row a text and one column an output; of words one matrix a text,
  ///     one row a word.
  ///   - examples: The rows, in the same order.
  ///   - task: Their task.
  ///   - unknown: The labels beyond the task's own.
  /// - Returns: The answers; nil for one class a row.
  func judged(
    _ scores: [Matrix], _ examples: [Example], _ task: TaskDefinition, unknown: [String] = []
  ) -> (any JudgedAnswers)? {
    switch self {
    case .classes: nil
    case .number(let scale): NumberAnswers(scores, examples, task, scale)
    case .labels(let thresholds):
      LabelSetAnswers(scores, examples, task, thresholds: thresholds, unknown: unknown)
    case .tags: TagAnswers(scores, examples, task, unknown: unknown)
    }
  }
}

extension Example {
  /// What a head of `kind` should say of this row.
  public func target(for kind: HeadKind, _ task: TaskDefinition) -> Target {
    switch kind {
    case .classes: .label(label)
    case .number: .number(number(task))
    case .labels: .labels(labels)
    case .tags: .tags(labels)
    }
  }

  /// The row's number, of a task of numbers: unrounded where its file has it so.
  public func number(_ task: TaskDefinition) -> Double {
    score ?? (task.labels.indices.contains(label) ? Double(task.labels[label].word) : nil) ?? 0
  }
}
