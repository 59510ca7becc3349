import EPTModel
import EPTTask
import EPTText

/// What a stream asks a model about a record: a tuned task, or to write on from a plain text.
final class StreamPrompt: Sendable {
  private enum Encoder: Sendable {
    case task(InputEncoder)
    case plain(any Tokenizer)
  }

  /// A plain text is cut at T5's own length.
  private static let plainLimit = 512

  /// What records and answers call it.
  let name: String
  /// The name of the task that it was tuned for.
  let taskName: String?
  /// The texts that it reads.
  let fields: [Field]
  /// What answers call the classes.
  let labels: [String]
  /// What stands before a text; nil for nothing.
  let prompt: PreparedPrompt?
  /// How its answers are made and written.
  let answers: any AnswerKind
  private let encoder: Encoder

  /// The prompt of `predictor`.
  ///
  /// - Throws: `InferError.threshold`.
  init(_ predictor: Predictor, thresholds: [Threshold], least: Float? = nil) throws {
    name = predictor.name
    taskName = predictor.task.name
    fields = zip(predictor.task.fields, predictor.task.source.columns)
      .map { Field(name: $0, column: $1) }
    labels = predictor.labels
    prompt = predictor.prompt
    let task = predictor.task
    answers =
      switch predictor.kind {
      case .classes:
        LabelAnswers(
          labels: labels,
          rule: try DecisionRule(thresholds, least: least, labels: labels, prompt: name),
          temperature: predictor.temperature)
      case .number(let scale): NumberAnswers(scale: scale)
      case .labels(let bounds):
        LabelSetAnswers(
          labels, bounds, given: thresholds, separator: task.source.labelSeparator)
      }
    encoder = .task(predictor.encoder)
  }

  /// No prompt: a model reads the text as it is.
  init(plain tokenizer: any Tokenizer) {
    name = "text"
    taskName = nil
    fields = [Field(name: "text", column: "text")]
    labels = []
    prompt = nil
    answers = LabelAnswers(labels: [], rule: DecisionRule())
    encoder = .plain(tokenizer)
  }

  /// The tokens of one row, and whether it had more than are read; `texts` has one text a field.
  func tokens(_ texts: [String]) -> (tokens: TokenizedText, isCut: Bool) {
    switch encoder {
    case .task(let encoder):
      let tokens = encoder.tokens(texts)
      return (tokens, encoder.isCut(texts, tokens))
    case .plain(let tokenizer):
      let text = texts.first ?? ""
      let tokens = tokenizer.encode(text, nil, limit: Self.plainLimit)
      guard tokens.ids.count == Self.plainLimit else { return (tokens, false) }
      return (tokens, tokenizer.encode(text).ids.count > Self.plainLimit)
    }
  }

  /// Tokens and prompt rows that `tokens` make.
  func rows(of tokens: TokenizedText) -> Int {
    tokens.ids.count + tokens.textCount * (prompt?.promptLength ?? 0)
  }
}
