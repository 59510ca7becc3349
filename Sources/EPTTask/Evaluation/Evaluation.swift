import EPTCompute
import EPTModel
import Glibc

/// How good parameters are on a set of rows.
public struct Evaluation: Sendable, Equatable {
  /// The metric's figures.
  public let score: MetricScore
  /// Mean cross-entropy over the classes, whose scores a softmax turns into probabilities; of other
  /// answers the mean of their head's loss.
  public let loss: Double
  /// How many different answers were given: 1 means that the prompt has collapsed.
  public let predictedClasses: Int

  /// The thresholds that labels of a text were answered by; nil where a row has one answer.
  public let thresholds: [Float]?

  /// Takes figures that are known already.
  package init(
    score: MetricScore, loss: Double, predictedClasses: Int, thresholds: [Float]? = nil
  ) {
    self.score = score
    self.loss = loss
    self.predictedClasses = predictedClasses
    self.thresholds = thresholds
  }

  /// What two evaluations are compared by.
  public enum Choice: String, Sendable {
    /// The metric, then the loss.
    case score
    /// The loss alone: a metric on few rows takes few values, and leaps from one to the next by chance.
    case loss

    /// With fewer validation rows the loss chooses.
    public static let fewRows = 500

    /// What compares evaluations on `count` rows.
    public init(rows count: Int) {
      self = count < Self.fewRows ? .loss : .score
    }
  }

  /// Whether this is better than `other`.
  public func isBetter(than other: Evaluation?, by choice: Choice = .score) -> Bool {
    guard let other else { return true }
    let (mine, theirs) = (score.selection, other.score.selection)
    switch choice {
    case .loss: return loss < other.loss
    case .score: return mine > theirs || (mine == theirs && loss < other.loss)
    }
  }

  /// Judges `scores`, one row a text and one column an output of a head of `kind`, or a class; of words
  /// one matrix a text.
  ///
  /// Probabilities of classes are the softmax of the scores divided by `temperature`, which changes the
  /// loss and no answer.
  public init(
    scores: [Matrix], examples: [Example], task: TaskDefinition, kind: HeadKind = .classes,
    temperature: Double = 1
  ) {
    if let answers = kind.judged(scores, examples, task) {
      self.init(answers, rows: examples.count, kind)
    } else {
      self.init(classes: scores, examples, task, temperature)
    }
  }

  /// Takes what answers of another kind than classes tell.
  init(_ answers: any JudgedAnswers, rows: Int, _ kind: HeadKind) {
    var thresholds: [Float]?
    if case .labels(let bounds) = kind { thresholds = bounds }
    self.init(
      score: answers.score(of: Array(0..<rows)), loss: answers.loss,
      predictedClasses: answers.distinct, thresholds: thresholds)
  }

  private init(
    classes scores: [Matrix], _ examples: [Example], _ task: TaskDefinition, _ temperature: Double
  ) {
    var predicted: [Int] = []
    var loss = 0.0
    var known = 0
    for matrix in scores {
      for row in 0..<matrix.rows {
        let start = row * matrix.columns
        let values = matrix.values[start..<start + matrix.columns].map(Double.init)
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        let total = values.reduce(0) { $0 + exp(($1 - values[best]) / temperature) }
        let label = examples[predicted.count].label
        // A label that the task does not know has no score.
        if values.indices.contains(label) {
          loss += (values[best] - values[label]) / temperature + log(total)
          known += 1
        }
        // Of equal scores the first class counts.
        predicted.append(values.firstIndex(of: values[best]) ?? best)
      }
    }
    score = task.metric.score(predicted, examples, task)
    self.loss = loss / Double(max(1, known))
    predictedClasses = Set(predicted).count
    thresholds = nil
  }
}
