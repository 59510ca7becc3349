import EPTFormat
import EPTModel
import EPTTask

/// What a program asks and waits for. The calls compute with the model's threads, and may come from any
/// number of threads at once.
extension InferenceModel {
  /// Rows that are tokenized in advance: enough for a batch of short texts.
  private static let most = 1024

  /// What all of `tasks`, or the one that the record asks for, say of one text or record.
  ///
  /// - Throws: `InferError.badRecord`; `SystemError.changed` where the model's file was written over.
  public func predict(
    _ record: some RecordConvertible, by tasks: [TunedTask]
  ) throws -> Prediction {
    try prediction(of: [record.record], by: tasks)[0]
  }

  /// The same for several, in order, in shared batches.
  ///
  /// - Throws: `InferError.badRecord` with the record's place from 1; `SystemError.changed` where the
  ///   model's file was written over.
  public func predict(
    _ records: [some RecordConvertible], by tasks: [TunedTask]
  ) throws -> [Prediction] {
    try prediction(of: records.map(\.record), by: tasks)
  }

  private func prediction(of records: [Record], by tasks: [TunedTask]) throws -> [Prediction] {
    let prompts = PromptSet(tasks.map(\.prompt), isNested: true)
    let responder = try Classifier(
      backbone.model, prompts, batchRows: StreamSettings().batchRows)
    let answered = try parts(records) { index, record in
      var pending = PendingRecord(line: index + 1, prompts: prompts)
      do {
        try pending.ask(record)
      } catch let fault as RecordFault {
        throw InferError.badRecord(input: "records", line: index + 1, fault: fault)
      }
      return pending
    } replies: {
      try responder.replies(to: $0)
    }
    return try answered.map { pending, replies in
      Prediction(
        pending,
        try replies.map { reply in
          guard let reply else { throw Self.noScore(pending) }
          return reply
        })
    }
  }

  /// One probability a label for each of `rows`, which have one text a field of `task`.
  ///
  /// They sum to 1, except those of a task of several labels, each of which holds or not.
  ///
  /// - Throws: `InferError.unsupported` for a task of numbers or tags; `InferError.badRecord` with the row's place from 1; `SystemError.changed` where the model's
  ///   file was written over.
  public func probabilities(of rows: [[String]], by task: TunedTask) throws -> [[Float]] {
    let responder = try Classifier(
      backbone.model, PromptSet([task.prompt], isNested: false),
      batchRows: StreamSettings().batchRows)
    return try ask(rows, of: task.prompt, responder).map { pending, reply in
      switch reply {
      case .label(let answer): return answer.probabilities
      case .labels(let answer): return answer.probabilities
      case .number:
        throw InferError.unsupported(
          what: "\(task.name) answers with a number, so it has no probabilities",
          hint: "ask for its answers")
      case .tags:
        throw InferError.unsupported(
          what: "\(task.name) answers each word, so a text has no probabilities of its own",
          hint: "ask for its answers")
      case .text, .vector, .similarity, nil: throw Self.noScore(pending)
      }
    }
  }

  /// One vector for each of `rows`, which have one text a field of `task`, or one text without a task.
  ///
  /// `settings` must not compare pairs.
  ///
  /// - Throws: `InferError.badRecord` with the row's place from 1; `ModelError.tooLong` for an input length
  ///   beyond the model's positions; `SystemError.changed` where the model's file was written over.
  public func embeddings(
    of rows: [[String]], by task: TunedTask? = nil,
    _ settings: EmbeddingSettings = EmbeddingSettings()
  ) throws -> [[Float]] {
    var settings = settings
    settings.comparesPairs = false
    let prompt =
      try task?.prompt
      ?? StreamPrompt(
        plain: backbone.tokenizer, limit: PlainText.limit(settings.inputLength, on: backbone))
    let responder = Embedder(
      backbone, PromptSet([prompt], isNested: false), settings,
      batchRows: StreamSettings().batchRows)
    return try ask(rows, of: prompt, responder).map { pending, reply in
      guard case .vector(let vector)? = reply else { throw Self.noScore(pending) }
      return vector
    }
  }

  /// The reply of `prompt` to each of `rows`, which have one text a field.
  private func ask(
    _ rows: [[String]], of prompt: StreamPrompt, _ responder: some Responder
  ) throws -> [(PendingRecord, Reply?)] {
    let prompts = PromptSet([prompt], isNested: false)
    return try parts(rows) { index, texts in
      var pending = PendingRecord(line: index + 1, prompts: prompts)
      guard texts.count == prompt.fields.count else {
        throw InferError.badRecord(
          input: "rows", line: index + 1,
          fault: .columns(expected: prompt.fields.map(\.name), actual: texts.count))
      }
      let input = prompt.input(texts)
      pending.questions = [
        PendingRecord.Question(place: 0, tokens: input.tokens, words: input.words)
      ]
      return pending
    } replies: {
      try responder.replies(to: $0)
    }.map { ($0, $1.first ?? nil) }
  }

  /// Asks about `elements`, some at a time.
  private func parts<Element>(
    _ elements: [Element], pending: (Int, Element) throws -> PendingRecord,
    replies: ([PendingRecord]) throws -> [[Reply?]]
  ) throws -> [(PendingRecord, [Reply?])] {
    var answered: [(PendingRecord, [Reply?])] = []
    for start in stride(from: 0, to: elements.count, by: Self.most) {
      let end = min(start + Self.most, elements.count)
      let records = try (start..<end).map { try pending($0, elements[$0]) }
      let given = try replies(records)
      answered += zip(records, given)
    }
    // Numbers of two files must not pass for answers.
    try backbone.requireUnchanged()
    return answered
  }

  private static func noScore(_ pending: PendingRecord) -> InferError {
    .badRecord(
      input: "records", line: pending.line,
      fault: .noScore(prompt: pending.prompts.prompts[0].name))
  }
}
