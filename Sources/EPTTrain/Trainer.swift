import EPTFormat
import EPTModel
import EPTTask
import EPTText

/// Tunes an EPT prompt for one task on a frozen backbone.
///
/// The same data, settings and thread count give the same bundle, to the byte.
public struct Trainer {
  public let plan: TrainingPlan
  /// The task, its inputs cut at the length that the prompt has positions for.
  public let task: TaskDefinition
  private let model: PromptedModel
  private let identity: BackboneIdentity
  private let data: Dataset
  private let encoder: InputEncoder
  private let start: TrainedParameters
  private let labelTokens: [[Int32]]

  /// Prepares a run.
  ///
  /// - Throws: `TrainError.invalidSetting`; `TaskError.unsupported` for a task that this
  ///   backbone cannot learn; `ModelError` if backbone and tokenizer disagree.
  public init(
    model: PromptedModel, tokenizer: any Tokenizer, identity: BackboneIdentity,
    task: TaskDefinition, data: Dataset, settings: TrainingSettings
  ) throws {
    guard !task.isScale || model.hasDecoder else {
      throw TaskError.unsupported(
        task: task.name,
        reason: "its labels are numbers on a scale, which need a backbone with a decoder (T5)")
    }
    guard !data.train.isEmpty, !data.validation.isEmpty else {
      throw TaskError.unsupported(
        task: task.name, reason: "training needs rows to learn from and rows to validate on")
    }
    let pieces = tokenizer.frequentPieces(limit: PromptStart.candidates)
    guard !pieces.isEmpty else {
      throw ModelError.mismatch(reason: "the tokenizer has no ordinary pieces to start from")
    }
    let vocabulary = try model.embeddingRows(pieces)
    plan = try TrainingPlan(
      settings, task: task, width: model.width, positions: model.positions,
      embeddingRMS: model.embeddingRMS(of: pieces), hasHead: !model.hasDecoder)
    self.model = model
    self.identity = identity
    self.data = data
    self.task = task.limited(to: plan.shape.inputLength)
    encoder = InputEncoder(self.task, tokenizer, hasDecoder: model.hasDecoder)
    labelTokens = model.hasDecoder ? try encoder.labelTokens() : []
    start = TrainedParameters(
      prompt: PromptStart.prompt(
        shape: plan.shape, alpha: settings.alpha, usesFusion: settings.usesFusion,
        vocabulary: vocabulary, seed: settings.seed),
      head: model.hasDecoder
        ? nil
        : LinearHead(
          weight: Matrix(rows: task.labels.count, columns: model.width),
          bias: [Float](repeating: 0, count: task.labels.count)))
  }

  /// Trains, and scores the best parameters on the test rows.
  ///
  /// `shouldStop` is asked between steps and between the batches of an evaluation; on true the
  /// run ends with the best parameters so far, the test rows unscored.
  ///
  /// - Throws: `TrainError.diverged`, and `ModelError`.
  public func run(
    progress: (TrainingProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TaskBundle {
    var run = TrainingRun(plan: plan, start: start)
    var isInterrupted = false
    let validation = data.validation.map { encoder.tokens($0.values) }
    let majority = MajorityBaseline.score(data.validation, task)
    var order = BatchOrder(
      rows: data.train.count, batch: plan.settings.batch, seed: plan.settings.seed)

    func evaluate() throws {
      guard
        let evaluation = try self.evaluate(
          run.parameters, validation, data.validation, shouldStop)
      else {
        isInterrupted = true
        return
      }
      let isBest = run.record(evaluation)
      progress(run.progress(.evaluation(evaluation, isBest: isBest), majority: majority))
    }

    try evaluate()
    while !isInterrupted, !run.isOver {
      if shouldStop() {
        isInterrupted = true
        break
      }
      let rows = order.rows(step: run.step + 1)
      let batch = TokenBatch(rows.map { encoder.tokens(data.train[$0].values) })
      let result = try model.step(
        batch, labels: rows.map { data.train[$0].label }, prompt: run.parameters.prompt,
        readout: readout(run.parameters))
      let gradient = TrainedParameters(prompt: result.prompt, head: result.head)
      try run.advance(loss: result.loss, gradient: gradient)
      progress(run.progress(.step, majority: majority))
      if run.isEvaluationDue { try evaluate() }
    }
    let chosen = run.chosen
    var test: Evaluation?
    if !isInterrupted, !data.test.isEmpty {
      let texts = data.test.map { encoder.tokens($0.values) }
      test = try self.evaluate(chosen.parameters, texts, data.test, shouldStop)
      isInterrupted = test == nil
    }
    return bundle(
      chosen, steps: run.step, isInterrupted: isInterrupted, majority: majority, test: test)
  }

  private func bundle(
    _ chosen: TrainingRun.Candidate, steps: Int, isInterrupted: Bool, majority: MetricScore,
    test: Evaluation?
  ) -> TaskBundle {
    TaskBundle(
      task: task, backbone: identity,
      training: TrainingRecord(
        settings: plan.json, steps: steps, bestStep: chosen.step,
        isInterrupted: isInterrupted, validation: chosen.evaluation?.score,
        validationMajority: majority, test: test?.score,
        testMajority: MajorityBaseline.score(data.test, task)),
      prompt: chosen.parameters.prompt, readout: readout(chosen.parameters))
  }

  /// Scores rows, nil if `shouldStop` says so before the last batch.
  private func evaluate(
    _ parameters: TrainedParameters, _ texts: [TokenizedText], _ examples: [Example],
    _ shouldStop: () -> Bool
  ) throws -> Evaluation? {
    let prompt = try model.prepare(
      parameters.prompt.folded(), readout: readout(parameters))
    var scores: [Matrix] = []
    for start in stride(from: 0, to: texts.count, by: plan.settings.batch) {
      if shouldStop() { return nil }
      let end = min(texts.count, start + plan.settings.batch)
      scores.append(try model.scores(TokenBatch(texts[start..<end]), prompt: prompt))
    }
    return Evaluation(scores: scores, examples: examples, task: task)
  }

  private func readout(_ parameters: TrainedParameters) -> Readout {
    parameters.head.map { .head($0) } ?? .labelWords(labelTokens)
  }
}
