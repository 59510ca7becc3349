import EPTSystem
import EPTTask

/// A backbone in memory that tuned tasks answer with.
///
///     let model = try InferenceModel(path: "model.ept")
///     let task = try model.task(path: "sst2.eptb")
///     for try await prediction in model.predictions(for: texts, by: [task]) {
///       print(prediction.answers[0].label)
///     }
///
/// It may be used from any number of threads.
public struct InferenceModel: Sendable {
  let backbone: LoadedBackbone

  /// Maps the `.ept` file at `path`, to compute with `threads` threads; nil for one a processor.
  ///
  /// - Throws: `FormatError`, `TextError` or `ModelError`.
  public init(path: String, threads: Int? = nil) throws {
    backbone = try LoadedBackbone(path: path, threads: threads ?? Processors.available)
  }

  /// Answers with a backbone that is loaded already.
  public init(_ backbone: LoadedBackbone) {
    self.backbone = backbone
  }

  /// The tuned task in the `.eptb` file at `path`, called by its file's name.
  ///
  /// - Throws: `FormatError`, `ModelError`, or `TaskError.otherBackbone` for a bundle that was made
  ///   for another model.
  public func task(path: String) throws -> TunedTask {
    try task(TaskBundle(path: path), path: path)
  }

  /// The tuned task of a bundle in memory, called as one in a file at `path` is.
  ///
  /// - Throws: `ModelError`, or `TaskError.otherBackbone` for a bundle that was made for another model.
  public func task(_ bundle: TaskBundle, path: String) throws -> TunedTask {
    let predictor = try Predictor(bundle, path: path, on: backbone)
    return TunedTask(prompt: try StreamPrompt(predictor, thresholds: []))
  }

  /// One prediction a record, in order, by all of `tasks` or the one that the record asks for.
  ///
  /// Records that are there at the same time share batches of at most `batch`; a record that comes
  /// alone is answered alone, at once. The source is asked for no more than two batches
  /// in advance. A record that cannot be answered ends the sequence with `InferError.badRecord`,
  /// after the predictions before it.
  public func predictions<Source: AsyncSequence & Sendable>(
    for records: Source, by tasks: [TunedTask], batch: Int = 256
  ) -> Predictions<Source> where Source.Element: RecordConvertible {
    Predictions(
      source: records, backbone: backbone,
      prompts: PromptSet(tasks.map(\.prompt), isNested: true), batch: max(1, batch))
  }
}

/// A tuned task, ready to answer on the model that loaded it.
public struct TunedTask: Sendable {
  let prompt: StreamPrompt

  /// What records and answers call it.
  public var name: String { prompt.name }
  /// The texts that it reads.
  public var fields: [String] { prompt.fields.map(\.name) }
  /// The answers that it can give.
  public var labels: [String] { prompt.labels }
  /// Whether it answers each word of a text, with spans and no labels of the whole text.
  public var answersWords: Bool { prompt.takesWords }
}

/// What can be answered: a text, or a record of named ones.
public protocol RecordConvertible: Sendable {
  /// What is read of it.
  var record: Record { get }
}

extension Record: RecordConvertible {
  /// The record itself.
  public var record: Record { self }
}

extension String: RecordConvertible {
  public var record: Record { Record(self) }
}

/// What the tasks say of one record.
public struct Prediction: Sendable {
  /// One task's answer.
  public struct TaskAnswer: Sendable {
    /// The task's name.
    public let task: String
    /// The label; of a task of numbers the number, of one of several labels these with a separator
    /// between, of one of tags each word with its tag.
    public let label: String
    /// The label's probability; 1 for a number, and for several labels, which have one each.
    public let probability: Float
    /// Every label with its probability, in the task's order.
    public let probabilities: [(label: String, probability: Float)]
    /// The number, of a task of numbers.
    public let number: Double?
    /// The labels: one, or as many as hold of a task of several; none of a task of numbers or tags.
    public let labels: [String]
    /// What a task of tags finds in the text, in order.
    public var spans: [Span] = []
  }

  /// One answer a task that was asked, in their order.
  public let answers: [TaskAnswer]

  init(_ record: PendingRecord, _ replies: [Reply]) {
    answers = zip(record.questions, replies).map { question, reply in
      let prompt = record.prompts.prompts[question.place]
      let labels = prompt.labels
      switch reply {
      case .label(let answer):
        return TaskAnswer(
          task: prompt.name, label: labels[answer.label],
          probability: answer.probabilities[answer.label],
          probabilities: zip(labels, answer.probabilities).map { ($0, $1) }, number: nil,
          labels: [labels[answer.label]])
      case .labels(let answer):
        return TaskAnswer(
          task: prompt.name, label: prompt.answers.columns(of: reply, AnswerStyle())[0],
          probability: 1, probabilities: zip(labels, answer.probabilities).map { ($0, $1) },
          number: nil, labels: answer.labels.map { labels[$0] })
      case .number(let number):
        return TaskAnswer(
          task: prompt.name, label: WrittenNumber.text(number), probability: 1,
          probabilities: [], number: number, labels: [])
      case .tags(let tagged):
        return TaskAnswer(
          task: prompt.name, label: tagged.sequence, probability: 1, probabilities: [],
          number: nil, labels: [], spans: tagged.spans)
      case .text(let written):
        return TaskAnswer(
          task: prompt.name, label: written.text, probability: 1, probabilities: [], number: nil,
          labels: [])
      case .vector, .similarity:
        // A classifier gives labels and numbers alone.
        return TaskAnswer(
          task: prompt.name, label: "", probability: 0, probabilities: [], number: nil, labels: [])
      }
    }
  }
}
