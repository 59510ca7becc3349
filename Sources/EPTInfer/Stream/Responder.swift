import EPTModel
import EPTTask
import EPTText

/// What a prompt gives back for a text.
enum Reply: Sendable, Equatable {
  case label(Answer)
  case number(Double)
  case labels(LabelSet)
  case tags(TaggedText)
  case text(WrittenText)
  /// What a text is turned into. `[d]`
  case vector([Float])
  /// The cosine of a pair's vectors.
  case similarity(Float)
}

extension Reply {
  /// The numbers of a vector or a similarity.
  var numbers: [Float] {
    switch self {
    case .label, .number, .labels, .tags, .text: []
    case .vector(let values): values
    case .similarity(let value): [value]
    }
  }
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
      return zip(zip(scores, batch.words), batch.prompts).map { scores, prompt in
        prompt.answers.reply(scores.0, words: scores.1)
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
  private let stops: StopTexts
  private let batchRows: Int
  /// Told the text so far where a single one is written.
  private let progress: ((String) -> Void)?

  /// - Throws: `InferError.unsupported` for a backbone that cannot write.
  init(
    _ backbone: LoadedBackbone, _ settings: GenerationSettings, stops: [String], batchRows: Int,
    progress: ((String) -> Void)?
  ) throws {
    guard backbone.model.hasDecoder else {
      throw InferError.unsupported(
        what: "\(backbone.identity) has no decoder, so it cannot write",
        hint: "choose among labels instead, or take a T5 or a Llama")
    }
    guard let tokenizer = backbone.tokenizer as? any Detokenizer else {
      throw InferError.unsupported(
        what:
          "the tokenizer of \(backbone.identity) has no way back from tokens to text, so it cannot write",
        hint:
          "choose among labels instead, or take a T5 with a sentencepiece (Unigram) tokenizer or a Llama"
      )
    }
    model = backbone.model
    self.tokenizer = tokenizer
    self.settings = settings
    self.stops = StopTexts(stops)
    self.batchRows = batchRows
    self.progress = progress
  }

  func replies(to records: [PendingRecord]) throws -> [[Reply?]] {
    let showsProgress = records.count == 1 && records[0].questions.count == 1
    let texts = max(1, Self.mostRows / settings.beams)
    return try SharedBatch.replies(to: records, rows: batchRows, texts: texts) { batch in
      try model.generate(
        batch.texts, prompts: batch.prompts.map(\.prompt), settings,
        hooks: hooks(showsProgress: showsProgress)
      ).map {
        guard $0.score.isFinite else { return nil }
        let text = stops.cut(tokenizer.text(of: $0.tokens))
        return .text(WrittenText(text: text, score: $0.score))
      }
    }
  }
}

extension TextGenerator {
  private func hooks(showsProgress: Bool) -> GenerationHooks {
    var hooks = GenerationHooks()
    if !stops.isEmpty {
      hooks.isEnd = { tokens in
        // A text of n bytes lies in the last n tokens and what is left of the one before.
        let tail = tokens.suffix(stops.longest + 1)
        return stops.isIn(tokenizer.text(of: Array(tail)))
      }
    }
    // With several beams what was likeliest may be taken back.
    if showsProgress, settings.beams == 1, let progress {
      hooks.progress = { _, tokens in progress(stops.certain(tokenizer.text(of: tokens))) }
    }
    return hooks
  }
}
