import EPTTask

/// A text that is ready to be asked about: read and tokenized, for one task or for its vector.
///
/// Those of any tasks can be answered together: see `InferenceModel.answers`.
public struct Question: Sendable {
  let record: PendingRecord
  /// What makes a vector of the text; nil to choose among labels.
  let embedding: TextEmbedding?

  init(_ texts: [String], of prompt: StreamPrompt, embedding: TextEmbedding? = nil) {
    var record = PendingRecord(line: 1, prompts: PromptSet([prompt], isNested: false))
    let input = prompt.input(texts)
    record.questions = [
      PendingRecord.Question(place: 0, tokens: input.tokens, words: input.words)
    ]
    record.cutTexts = input.isCut ? 1 : 0
    self.record = record
    self.embedding = embedding
  }

  /// The text's tokens, special tokens and the task's template included.
  public var tokens: Int { record.questions[0].tokens.ids.count }
  /// The same with the rows of the prompt: what the text costs the model.
  public var rows: Int { record.rows }
  /// Whether the text has more tokens than are read.
  public var isCut: Bool { record.cutTexts > 0 }
}

extension TunedTask {
  /// What to ask about `texts`, of which there is one a field.
  ///
  /// - Throws: `RecordFault.columns` for another number of texts.
  public func question(_ texts: [String]) throws(RecordFault) -> Question {
    guard texts.count == fields.count else {
      throw .columns(expected: fields, actual: texts.count)
    }
    return Question(texts, of: prompt)
  }
}

/// How texts become vectors on one model.
public final class TextEmbedding: Sendable {
  let prompt: StreamPrompt
  let settings: EmbeddingSettings

  init(_ prompt: StreamPrompt, _ settings: EmbeddingSettings) {
    self.prompt = prompt
    self.settings = settings
  }

  /// The texts that a vector is made of.
  public var fields: [String] { prompt.fields.map(\.name) }

  /// What to ask for the vector of `texts`, of which there is one a field.
  ///
  /// - Throws: `RecordFault.columns` for another number of texts.
  public func question(_ texts: [String]) throws(RecordFault) -> Question {
    guard texts.count == fields.count else {
      throw .columns(expected: fields, actual: texts.count)
    }
    return Question(texts, of: prompt, embedding: self)
  }
}

extension InferenceModel {
  /// How texts become vectors: after the prompt of `task`, or as the model reads them itself.
  ///
  /// `settings` must not compare pairs.
  ///
  /// - Throws: `ModelError.tooLong` for an input length beyond the model's positions.
  public func embedding(
    by task: TunedTask? = nil, _ settings: EmbeddingSettings = EmbeddingSettings()
  ) throws -> TextEmbedding {
    var settings = settings
    settings.comparesPairs = false
    let prompt =
      try task?.prompt
      ?? StreamPrompt(
        plain: backbone.tokenizer, limit: PlainText.limit(settings.inputLength, on: backbone))
    return TextEmbedding(prompt, settings)
  }

  /// The answers to `questions`, in order: one probability a label of the task, its
  /// number, or the text's vector; none of a task that answers words.
  ///
  /// Questions about labels share batches, whatever their tasks; those about vectors share them with others
  /// of the same `TextEmbedding`. At most `rows` tokens and prompt rows pass through the model together.
  ///
  /// - Throws: `SystemError.changed` where the model's file was written over.
  public func answers(
    to questions: [Question], rows: Int = StreamSettings().batchRows
  ) throws -> [Result<[Float], RecordFault>] {
    var answers: [Int: Result<[Float], RecordFault>] = [:]
    let groups = Dictionary(grouping: questions.indices) { place in
      questions[place].embedding.map(ObjectIdentifier.init)
    }
    for places in groups.values {
      let responder = try responder(for: questions[places[0]], rows: rows)
      let results = try responder.results(for: places.map { questions[$0].record })
      for (place, result) in zip(places, results) { answers[place] = result.map(Self.numbers) }
    }
    // Numbers of two files must not pass for answers.
    try backbone.requireUnchanged()
    return questions.indices.compactMap { answers[$0] }
  }

  private func responder(for question: Question, rows: Int) throws -> any Responder {
    let prompts = question.record.prompts
    guard let embedding = question.embedding else {
      return try Classifier(backbone.model, prompts, batchRows: rows)
    }
    return Embedder(backbone, prompts, embedding.settings, batchRows: rows)
  }

  private static func numbers(of replies: [Reply]) -> [Float] {
    switch replies.first {
    case .label(let answer)?: answer.probabilities
    case .labels(let answer)?: answer.probabilities
    case .number(let number)?: [Float(number)]
    case .tags?, .text?, .vector?, .similarity?, nil: replies.flatMap(\.numbers)
    }
  }
}
