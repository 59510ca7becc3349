import EPTModel
import EPTTask
import EPTText

/// What a stream asks a model about a record: a tuned task, or to write on from a plain text.
final class StreamPrompt: Sendable {
  private enum Encoder: Sendable {
    case task(InputEncoder)
    case plain(any Tokenizer, limit: Int)
  }

  /// The texts of a pair that is compared.
  private static let pair = [
    Field(name: "text1", column: "sentence1"), Field(name: "text2", column: "sentence2"),
  ]

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
  /// Whether a record is two texts, each of which is an input of its own.
  private let isPair: Bool
  private let encoder: Encoder

  /// The prompt of `predictor`; with `isPair` for records of two texts.
  ///
  /// - Throws: `InferError.threshold`; `.unsupported` for pairs of a task of several texts.
  init(
    _ predictor: Predictor, thresholds: [Threshold], least: Float? = nil, isPair: Bool = false
  ) throws {
    let own = zip(predictor.task.fields, predictor.task.source.columns)
      .map { Field(name: $0, column: $1) }
    guard !isPair || own.count == 1 else {
      throw InferError.unsupported(
        what:
          "\(predictor.name) reads \(own.count) texts as one input, so it has no pairs to compare",
        hint: "take a bundle of one text, or none")
    }
    name = predictor.name
    taskName = predictor.task.name
    fields = isPair ? Self.pair : own
    self.isPair = isPair
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
      case .tags: TagAnswers(task)
      }
    encoder = .task(predictor.encoder)
  }

  /// No prompt: a model reads the text, or the two of a pair, as it is, up to `limit` tokens.
  init(plain tokenizer: any Tokenizer, limit: Int, isPair: Bool = false) {
    name = "text"
    taskName = nil
    fields = isPair ? Self.pair : [Field(name: "text", column: "text")]
    self.isPair = isPair
    labels = []
    prompt = nil
    answers = LabelAnswers(labels: [], rule: DecisionRule())
    encoder = .plain(tokenizer, limit: limit)
  }

  /// What a model reads of a text.
  struct Input {
    let tokens: TokenizedText
    /// Whether the text had more than is read.
    let isCut: Bool
    /// The words, where these are answered one by one.
    var words: WordText?
  }

  /// Whether words are answered one by one.
  private var readsWords: Bool { prompt?.readout.readsWords ?? false }

  /// Whether a record may be a list of words.
  var takesWords: Bool { readsWords && !isPair }

  /// The inputs that a record makes: one, or those of a pair.
  func inputs(_ texts: [String]) -> [Input] {
    isPair ? texts.map { input([$0]) } : [input(texts)]
  }

  /// The input of one row; `texts` has one text a field.
  func input(_ texts: [String]) -> Input {
    if readsWords { return input(WordText(texts.first ?? "")) }
    switch encoder {
    case .task(let encoder):
      let tokens = encoder.tokens(texts)
      return Input(tokens: tokens, isCut: encoder.isCut(texts, tokens))
    case .plain(let tokenizer, let limit):
      let text = texts.first ?? ""
      let tokens = tokenizer.encode(text, nil, limit: limit)
      guard tokens.ids.count == limit else { return Input(tokens: tokens, isCut: false) }
      return Input(tokens: tokens, isCut: tokenizer.encode(text).ids.count > limit)
    }
  }

  /// The input of a text whose words are answered one by one.
  func input(_ text: WordText) -> Input {
    guard case .task(let encoder) = encoder else { return input([text.text]) }
    let tokens = encoder.tokens(text.words)
    return Input(
      tokens: tokens, isCut: encoder.isCut(text.words, tokens), words: text)
  }

  /// Tokens and prompt rows that `tokens` make.
  func rows(of tokens: TokenizedText) -> Int {
    tokens.ids.count + tokens.textCount * (prompt?.promptLength ?? 0)
  }
}
