import EPTCompute
import EPTFormat
import EPTLayers
import Synchronization

/// Loss and gradients of one batch.
public struct StepResult: Sendable, Equatable {
  /// The mean over rows of their class's weight times the head's loss (`HeadKind`), or times the
  /// cross-entropy of the true label word's tokens, their sum divided by the mean number of tokens of all
  /// label words.
  public let loss: Float
  /// The gradient of every part of the prompt.
  public let prompt: EPTPrompt
  /// The head's gradient, if the read-out is a head.
  public let head: LinearHead?

  /// A loss with its gradients.
  public init(loss: Float, prompt: EPTPrompt, head: LinearHead?) {
    self.loss = loss
    self.prompt = prompt
    self.head = head
  }
}

/// A frozen backbone with an EPT prompt in front: scores for inference, gradients for training.
///
/// Calls may come from several threads at once; each uses up to `threads` of its own. Results do
/// not depend on `threads`.
public final class PromptedModel: Sendable {
  let backbone: Backbone
  /// How many threads a call uses at most.
  package let threads: Int
  /// Workspaces that no call uses now, with the memory they have gathered.
  private let idle = Mutex<[Workspace]>([])

  /// Loads the backbone that `configuration`, a `config.json`, describes.
  ///
  /// Matrices in `q8` and aligned binary32 tensors are used where `weights` has them mapped; others
  /// are decoded. `precision` is that of all products with weights. If it is nil, those with
  /// weights that are quantised in the file are computed in int8, others in binary32.
  ///
  /// - Throws: `ModelError` for the configuration, `FormatError` for
  ///   missing or misshapen tensors.
  public init(
    weights: any WeightSource, configuration: JSON, threads: Int, precision: Precision? = nil
  ) throws {
    self.threads = threads
    let architecture = try ArchitectureRegistry.architecture(configuration)
    try weights.prepare(architecture.parameters.map(\.name), threads: threads)
    backbone = try architecture.backbone(ParameterMap(weights, precision: precision))
  }

  /// `d`, the width of the word embeddings and of the last hidden states.
  public var hiddenSize: Int { backbone.embeddings.words.columns }

  /// How many token ids there are.
  public var vocabularySize: Int { backbone.embeddings.words.rows }

  /// Whether label words can be scored.
  public var hasDecoder: Bool { backbone.decoder != nil }

  /// Whether label words and written texts follow the text in the backbone's own blocks, as in
  /// Llama.
  ///
  /// Such a backbone can have a linear head too.
  public var continuesText: Bool { backbone.decoder?.continuesText ?? false }

  /// What a head reads where nothing says otherwise: of rows that see the rows before them the last, which
  /// has seen the whole text.
  public var usualPooling: Pooling { continuesText ? .last : .mean }

  /// The token that ends a label word or a text that the decoder writes; nil where there is none.
  public var endToken: Int32? { backbone.decoder?.ends.first }

  /// How many blocks the encoder and the decoder have.
  public var blockCounts: (encoder: Int, decoder: Int) {
    (backbone.encoder.blocks.count, backbone.decoder?.blocks ?? 0)
  }

  /// How many rows a text may have with its prompt; nil if there is no limit.
  public var positions: Int? { backbone.embeddings.longestText }

  /// How many token types there are; nil where they are not read.
  var tokenTypeCount: Int? { backbone.embeddings.tokenTypes?.rows }

  /// The root mean square of all word embeddings.
  public var embeddingRMS: Float { rootMeanSquare(0..<vocabularySize) }

  /// The root mean square of the word embeddings of `ids`, 0 if there are none.
  ///
  /// - Throws: `ModelError.unknownToken`.
  public func embeddingRMS(of ids: [Int32]) throws -> Float {
    try check(ids)
    return rootMeanSquare(ids.map { Int($0) })
  }

  private func rootMeanSquare(_ rows: some Collection<Int>) -> Float {
    let embedding = UnsafeMutablePointer<Float>.allocate(capacity: hiddenSize)
    defer { embedding.deallocate() }
    let sum = rows.reduce(0.0) { sum, row in
      backbone.embeddings.words.copy(row, to: embedding)
      return sum + Double(kernels.dot(embedding, embedding, Int64(hiddenSize)))
    }
    return rows.isEmpty ? 0 : Float((sum / Double(rows.count * hiddenSize)).squareRoot())
  }

  /// The word embeddings of `ids`, one row each.
  ///
  /// - Throws: `ModelError.unknownToken`.
  public func embeddingRows(_ ids: [Int32]) throws -> Matrix {
    try check(ids)
    var rows = Matrix(rows: ids.count, columns: hiddenSize)
    rows.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      for (row, id) in ids.enumerated() {
        backbone.embeddings.words.copy(Int(id), to: base + row * hiddenSize)
      }
    }
    return rows
  }

  /// Checks `prompt` and `readout`, and computes what depends on no text.
  ///
  /// `beginning` has tokens that texts are expected to begin with. Where the backbone's rows see the
  /// rows before them alone, what they give is computed here as well, and texts use as much of it as
  /// they begin with.
  ///
  /// - Throws: `ModelError` if a token or a size does not fit the backbone.
  public func prepare(
    _ prompt: FoldedPrompt?, readout: Readout, beginning: [Int32] = []
  ) throws -> PreparedPrompt {
    if let prompt { try check(prompt) }
    try check(readout)
    try check(beginning)
    return PreparedPrompt(prompt, readout, beginning: beginning, on: self)
  }

  /// For each row one number an output of its prompt's read-out: the head's outputs, of a head on words
  /// those of the first word, then those of the second, and so on; or the
  /// log-likelihood of each label word's tokens, up to a constant that the text's classes share.
  ///
  /// Row `i` is read with `prompts[promptOfText[i]]`. Its neighbours change its scores by
  /// rounding errors at most.
  ///
  /// - Throws: `ModelError` if a token, a length or an index does not fit, or a prompt was made
  ///   ready for another model.
  public func scores(
    _ batch: TokenBatch, prompts: [PreparedPrompt], promptOfText: [Int]
  ) throws -> [[Float]] {
    guard prompts.allSatisfy({ $0.model === self }) else {
      throw ModelError.mismatch(reason: "a prompt was made ready for another model")
    }
    guard promptOfText.count == batch.rowCount, promptOfText.allSatisfy(prompts.indices.contains)
    else {
      throw ModelError.mismatch(
        reason: "\(batch.rowCount) texts need as many indices of the \(prompts.count) prompts")
    }
    for row in 0..<batch.rowCount {
      try check(batch, row, prompts[promptOfText[row]].readout)
    }
    let indices = batch.eachText(promptOfText)
    try check(
      batch, promptLength: { prompts[indices[$0]].promptLength },
      inputLength: { prompts[indices[$0]].inputLength },
      labelLength: { [continuesText] in
        continuesText ? prompts[indices[$0]].tree?.depth ?? 0 : 0
      })
    return withWorkspace { workspace in
      scores(of: batch, prompts, promptOfRow: promptOfText, workspace)
    }
  }

  /// What the head of `prompt` reads of each row, `[rows, features]`; of words `[words, features]`, row
  /// by row.
  ///
  /// - Throws: `ModelError` if the read-out is no head, or a token, a length or a size does not fit.
  public func features(_ batch: TokenBatch, prompt: PreparedPrompt) throws -> Matrix {
    guard prompt.model === self, case .head(let head) = prompt.readout else {
      throw ModelError.mismatch(reason: "features need a head, and a prompt made for this model")
    }
    for row in 0..<batch.rowCount { try check(batch, row, prompt.readout) }
    try check(
      batch, promptLength: { _ in prompt.promptLength }, inputLength: { _ in prompt.inputLength })
    return withWorkspace { features(of: batch, prompt, head, $0) }
  }

  /// The same for one prompt, `[rows, outputs]`; of words `[words, outputs]`, row by row.
  ///
  /// - Throws: `ModelError` if a token, a length or a size does not fit the backbone.
  public func scores(_ batch: TokenBatch, prompt: PreparedPrompt) throws -> Matrix {
    let values = try rowScores(batch, prompt).flatMap { $0 }
    let columns = prompt.readout.classCount
    return Matrix(rows: values.count / columns, columns: columns, values: values)
  }

  /// The same as evaluations take them: one matrix of all rows, `[rows, outputs]`; of words one a row,
  /// `[words, outputs]`.
  ///
  /// - Throws: `ModelError` if a token, a length or a size does not fit the backbone.
  public func scoreMatrices(_ batch: TokenBatch, prompt: PreparedPrompt) throws -> [Matrix] {
    guard prompt.readout.readsWords else { return [try scores(batch, prompt: prompt)] }
    let columns = prompt.readout.classCount
    return try rowScores(batch, prompt).map {
      Matrix(rows: $0.count / columns, columns: columns, values: $0)
    }
  }

  private func rowScores(_ batch: TokenBatch, _ prompt: PreparedPrompt) throws -> [[Float]] {
    try scores(batch, prompts: [prompt], promptOfText: [Int](repeating: 0, count: batch.rowCount))
  }

  /// Loss and gradients of `batch`, whose row `i` has class `labels[i]`.
  ///
  /// - Throws: as `step` with targets.
  public func step(
    _ batch: TokenBatch, labels: [Int], prompt: EPTPrompt, readout: Readout
  ) throws -> StepResult {
    try step(batch, targets: labels.map { .label($0) }, prompt: prompt, readout: readout)
  }

  /// Loss and gradients of `batch`, whose row `i` should say `targets[i]`.
  ///
  /// `classWeights` has one factor of the loss of each class's texts; nil for 1. An empty batch has
  /// loss 0 and gradients of zeros.
  ///
  /// - Throws: `ModelError` if a token, a length, a target or a size does not fit.
  public func step(
    _ batch: TokenBatch, targets: [Target], classWeights: [Float]? = nil, prompt: EPTPrompt,
    readout: Readout
  ) throws -> StepResult {
    let shape = prompt.shape
    guard shape.hiddenSize == hiddenSize else {
      throw ModelError.mismatch(
        reason:
          "a prompt of width \(shape.hiddenSize) does not fit a backbone of width \(hiddenSize)")
    }
    try check(
      batch, promptLength: { _ in shape.promptLength },
      inputLength: { _ in shape.rank > 0 ? shape.inputLength : nil },
      labelLength: { [continuesText] _ in continuesText ? readout.longestWord - 1 : 0 })
    try check(readout)
    if let depth = prompt.depth { try check(depth) }
    for row in 0..<batch.rowCount { try check(batch, row, readout) }
    try check(targets, batch, readout)
    guard classWeights.map({ $0.count == readout.classCount }) ?? true else {
      throw ModelError.mismatch(
        reason: "\(classWeights?.count ?? 0) class weights for \(readout.classCount) classes")
    }
    let weights = targets.map { target in target.label.flatMap { classWeights?[$0] } ?? 1 }
    return withWorkspace { workspace in
      step(of: batch, targets, weights, prompt, readout, workspace)
    }
  }

  /// Lends `body` a workspace.
  func withWorkspace<Result>(_ body: (Workspace) -> Result) -> Result {
    let workspace = idle.withLock { $0.popLast() } ?? Workspace(threads: threads)
    defer { idle.withLock { $0.append(workspace) } }
    return workspace.arena.temporary { body(workspace) }
  }
}
