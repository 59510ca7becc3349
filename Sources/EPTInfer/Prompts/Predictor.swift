import EPTCompute
import EPTModel
import EPTTask
import EPTText

/// A tuned task on its backbone, ready to answer.
public final class Predictor: Sendable {
  /// What records and answers call it: the bundle's file name without `.eptb`.
  public let name: String
  /// The task that the bundle was tuned for.
  public let task: TaskDefinition
  /// What scores are divided by before the softmax.
  public let temperature: Float
  let prompt: PreparedPrompt
  let encoder: InputEncoder
  private let backbone: LoadedBackbone

  /// Folds the bundle's prompt for `backbone`.
  ///
  /// - Throws: `TaskError.otherBackbone`, naming both; `path` is the bundle's, for the message.
  ///   `ModelError` where sizes do not fit.
  public init(_ bundle: TaskBundle, path: String, on backbone: LoadedBackbone) throws {
    try bundle.require(backbone.identity, path: path)
    name = Self.name(of: path)
    task = bundle.task
    temperature = bundle.temperature
    self.backbone = backbone
    encoder = InputEncoder(
      bundle.task, backbone.tokenizer, for: backbone.model, isApart: bundle.readout.readsApart)
    // Where every row sees the whole text nothing can be known of its beginning, so a start need not find it.
    prompt = try backbone.model.prepare(
      bundle.prompt.folded(), readout: bundle.readout,
      beginning: backbone.model.continuesText ? encoder.beginning : [])
  }

  /// The file's name without folder and extension.
  static func name(of path: String) -> String {
    let file = path.split(separator: "/").last ?? "prompt"
    return String(file.hasSuffix(".eptb") ? file.dropLast(5) : file)
  }

  /// The answers that are labels; none where it answers with numbers or with tags.
  var labels: [String] {
    switch kind {
    case .classes, .labels: task.labels.map(\.word)
    case .number, .tags: []
    }
  }

  /// What the outputs of its read-out stand for.
  public var kind: HeadKind { prompt.readout.kind }

  /// One score an output for each row, which has one text a field: `[rows, outputs]`.
  ///
  /// Of a task of tags a row has its words, and the scores are `[words, outputs]`, row by row.
  ///
  /// - Throws: `ModelError`; `SystemError.changed` where the backbone's file was written over.
  public func scores(_ rows: [[String]]) throws -> Matrix {
    let scores = try backbone.model.scores(
      TokenBatch(rows.map { encoder.tokens($0) }), prompt: prompt)
    try backbone.requireUnchanged()
    return scores
  }

  /// One score an output for each of labelled rows, a matrix for each `batch` of them; of a task of tags a
  /// matrix for each row.
  ///
  /// - Throws: `ModelError`.
  public func scores(of examples: [Example], batch: Int) throws -> [Matrix] {
    let scores = try stride(from: 0, to: examples.count, by: batch).flatMap { start in
      let rows = examples[start..<min(start + batch, examples.count)]
      return try backbone.model.scoreMatrices(
        TokenBatch(rows.map { encoder.tokens($0.values) }), prompt: prompt)
    }
    try backbone.requireUnchanged()
    return scores
  }

  /// The gates of the projections after blocks over all tokens of labelled rows, `batch` rows at a
  /// time; nil for a prompt without such gates.
  ///
  /// - Throws: `ModelError`.
  public func depthGates(of examples: [Example], batch: Int) throws -> DepthGates? {
    var sum: DepthGates?
    for start in stride(from: 0, to: examples.count, by: batch) {
      let rows = examples[start..<min(start + batch, examples.count)]
      let texts = TokenBatch(rows.map { encoder.tokens($0.values) })
      guard let gates = try backbone.model.depthGates(texts, prompt: prompt) else { return nil }
      sum?.add(gates)
      sum = sum ?? gates
    }
    try backbone.requireUnchanged()
    return sum
  }

  /// Judges the answers to labelled rows, `batch` of them at a time.
  ///
  /// - Throws: `ModelError`.
  public func evaluate(_ examples: [Example], batch: Int) throws -> Evaluation {
    Evaluation(
      scores: try scores(of: examples, batch: batch), examples: examples, task: task,
      kind: kind, temperature: Double(temperature))
  }
}
