import EPTModel
import EPTTask
import EPTText

/// What a prompt gives back for a text.
enum Reply: Sendable, Equatable {
  case label(Answer)
  case number(Double)
  case labels(LabelSet)
  case text(WrittenText)
}

/// A text that a decoder wrote.
struct WrittenText: Sendable, Equatable {
  let text: String
  /// The mean log-probability of its tokens.
  let score: Float
}

/// Answers the questions of records, whatever their prompts, in shared batches.
protocol Responder {
  /// The reply to each question of each record; nil where the model gives no numbers.
  ///
  /// - Throws: `ModelError`.
  func replies(to records: [PendingRecord]) throws -> [[Reply?]]
}

/// Chooses among labels.
struct Classifier: Responder {
  private let model: PromptedModel
  private let batchRows: Int

  /// - Throws: `InferError.unsupported` without a tuned prompt.
  init(_ model: PromptedModel, _ prompts: PromptSet, batchRows: Int) throws {
    guard prompts.prompts.allSatisfy({ $0.prompt != nil }) else {
      throw InferError.unsupported(
        what: "without a bundle there are no labels to choose from", hint: "give one")
    }
    self.model = model
    self.batchRows = batchRows
  }

  func replies(to records: [PendingRecord]) throws -> [[Reply?]] {
    try SharedBatch.replies(to: records, rows: batchRows, texts: .max) { batch in
      var prompts: [PreparedPrompt] = []
      var places: [ObjectIdentifier: Int] = [:]
      let promptOfText = batch.prompts.map { prompt in
        let place = places[ObjectIdentifier(prompt)] ?? prompts.count
        if place == prompts.count, let prepared = prompt.prompt {
          places[ObjectIdentifier(prompt)] = place
          prompts.append(prepared)
        }
        return place
      }
      let scores = try model.scores(batch.texts, prompts: prompts, promptOfText: promptOfText)
      return zip(scores, batch.prompts).map { scores, prompt in
        prompt.answers.reply(scores)
      }
    }
  }
}

/// Writes texts.
struct TextGenerator: Responder {
  /// Most beginnings that are followed at the same time: a step's time hardly grows up to there.
  private static let mostRows = 64

  private let model: PromptedModel
  private let tokenizer: any Detokenizer
  private let settings: GenerationSettings
  private let batchRows: Int

  /// - Throws: `InferError.unsupported` for a backbone that cannot write.
  init(_ backbone: LoadedBackbone, _ settings: GenerationSettings, batchRows: Int) throws {
    guard backbone.model.hasDecoder else {
      throw InferError.unsupported(
        what: "\(backbone.identity) has no decoder, so it cannot write",
        hint: "choose among labels instead, or take a T5")
    }
    guard let tokenizer = backbone.tokenizer as? any Detokenizer else {
      throw InferError.unsupported(
        what:
          "the tokenizer of \(backbone.identity) has no way back from tokens to text, so it cannot write",
        hint: "choose among labels instead, or take a T5 with a sentencepiece (Unigram) tokenizer")
    }
    model = backbone.model
    self.tokenizer = tokenizer
    self.settings = settings
    self.batchRows = batchRows
  }

  func replies(to records: [PendingRecord]) throws -> [[Reply?]] {
    let texts = max(1, Self.mostRows / settings.beams)
    return try SharedBatch.replies(to: records, rows: batchRows, texts: texts) { batch in
      try model.generate(batch.texts, prompts: batch.prompts.map(\.prompt), settings).map {
        guard $0.score.isFinite else { return nil }
        return .text(WrittenText(text: tokenizer.text(of: $0.tokens), score: $0.score))
      }
    }
  }
}

/// Texts of several prompts that pass through the model together.
private struct SharedBatch {
  private(set) var texts = TokenBatch()
  /// The prompt of each text.
  private(set) var prompts: [StreamPrompt] = []
  private var recordOfText: [Int] = []
  /// Tokens and prompt rows of all texts.
  private var rows = 0

  /// Runs `body` on batches of at most `rows` rows, or one text, and `texts` texts.
  static func replies(
    to records: [PendingRecord], rows: Int, texts: Int,
    _ body: (SharedBatch) throws -> [Reply?]
  ) rethrows -> [[Reply?]] {
    var replies: [[Reply?]] = records.map { _ in [] }
    var batch = SharedBatch()
    func run() throws {
      guard batch.texts.count > 0 else { return }
      for (record, reply) in zip(batch.recordOfText, try body(batch)) {
        replies[record].append(reply)
      }
      batch = SharedBatch()
    }
    for (index, record) in records.enumerated() {
      for (place, question) in record.questions.enumerated() {
        let added = record.rows(ofQuestion: place)
        if batch.rows + added > rows || batch.texts.count == texts { try run() }
        batch.texts.append(question.tokens)
        batch.prompts.append(record.prompts.prompts[question.place])
        batch.recordOfText.append(index)
        batch.rows += added
      }
    }
    try run()
    return replies
  }
}
