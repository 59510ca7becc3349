import EPTCompute
import EPTFormat
import EPTModel
import EPTTask
import EPTText

/// Tunes a prompt for one task on a frozen backbone.
///
/// The same data, settings and backbone file give the same bundle, to the byte.
public struct Trainer {
  /// What the settings have become for this task and backbone.
  public let plan: TrainingPlan
  /// The task, its inputs cut at the length that the prompt has positions for.
  public let task: TaskDefinition
  /// The rows in use: of the training rows, the shots if there are to be few.
  public let data: Dataset
  let start: TrainedParameters
  let model: PromptedModel
  let identity: BackboneIdentity
  let encoder: InputEncoder
  private let labelTokens: [[Int32]]
  /// One factor of the loss of each class's rows; nil for 1.
  let classWeights: [Float]?

  /// Prepares a run.
  ///
  /// `backbonePooling` is how the backbone's checkpoint pools, for a head for which `settings` does
  /// not say.
  ///
  /// - Throws: `TrainError.invalidSetting`; `TaskError.unsupported` for a task that this
  ///   backbone cannot learn; `ModelError` if backbone and tokenizer disagree.
  public init(
    model: PromptedModel, tokenizer: any Tokenizer, identity: BackboneIdentity,
    task: TaskDefinition, data: Dataset, settings: TrainingSettings,
    start startingPrompt: StartingPrompt = .vocabulary, backbonePooling: Pooling? = nil
  ) throws {
    guard !data.train.isEmpty, !data.validation.isEmpty else {
      throw TaskError.unsupported(
        task: task.name, reason: "training needs rows to learn from and rows to validate on")
    }
    let pieces = tokenizer.frequentTokens(limit: PromptStart.candidates)
    guard !pieces.isEmpty else {
      throw ModelError.mismatch(reason: "the tokenizer has no ordinary pieces to start from")
    }
    let vocabulary = try model.embeddingRows(pieces)
    var settings = settings
    try startingPrompt.fill(&settings)
    settings.start = startingPrompt.name
    // A head alone reads the backbone's states, whether or not there is a decoder.
    let hasHead = !model.hasDecoder || settings.method == .head
    plan = try TrainingPlan(
      settings, task: task, hiddenSize: model.hiddenSize, positions: model.positions,
      embeddingRMS: model.embeddingRMS(of: pieces), hasHead: hasHead,
      blocks: model.blockCounts, backbonePooling: backbonePooling ?? model.usualPooling,
      rows: data.train,
      validationRows: data.validation.count)
    self.model = model
    self.identity = identity
    self.data =
      settings.shots.map { shots in
        let rows = FewShot.rows(
          shots, of: data.train, classes: task.labels.count, seed: settings.seed)
        return data.learning(from: rows)
      } ?? data
    self.task = task.limited(to: plan.shape.inputLength).countingTransitions(of: self.data.train)
    var head = plan.head?.head
    encoder = InputEncoder(
      self.task, tokenizer, for: model, isApart: plan.head?.readsApart ?? false)
    labelTokens = hasHead ? [] : try encoder.labelTokens()
    classWeights = try settings.classWeights?.values(
      of: self.data.train, classes: task.labels.count)
    var prompt = PromptStart.prompt(
      filling: EPTPrompt(
        shape: plan.shape, alpha: plan.alpha, usesFusion: plan.usesFusion,
        fusionScale: plan.fusionScale),
      vocabulary: vocabulary, seed: settings.seed)
    switch startingPrompt.source {
    case .vocabulary: break
    case .text(let text):
      let tokens = tokenizer.tokens(of: text)
      guard !tokens.isEmpty else {
        throw TrainError.invalidSetting([.start], reason: "gives a text without tokens")
      }
      let rows = try model.embeddingRows(
        (0..<plan.shape.promptLength).map { tokens[$0 % tokens.count] })
      prompt[.shortPrompt] = rows
    case .given(let given, let givenHead):
      prompt = try prompt.replacingParts(by: given)
      if let givenHead, let own = head, own.features == givenHead.features,
        own.kind.isAlike(givenHead.kind), own.weight.rows == givenHead.weight.rows
      {
        // Numbers keep the scale that they were learnt in.
        head = givenHead
        head?.pooling = own.pooling
      }
    }
    start = TrainedParameters(prompt: prompt, head: head)
  }

  /// The gate at step 0 if it prefers anything, as one of another bundle does.
  private var startGate: Matrix? {
    guard start.prompt[.gate].values.contains(where: { $0 != 0 }) else { return nil }
    return start.prompt.gateWeights()
  }

  /// What a training run may ask for and tell while it goes on.
  public struct Hooks {
    /// Told after each step and each evaluation.
    public var progress: (TrainingProgress) -> Void = { _ in }
    /// Asked between steps and between the batches of an evaluation; on true the run ends with
    /// the best parameters so far, the test rows unscored.
    public var shouldStop: () -> Bool = { false }

    /// Hooks that do nothing unless given.
    public init(
      progress: @escaping (TrainingProgress) -> Void = { _ in },
      shouldStop: @escaping () -> Bool = { false }
    ) {
      self.progress = progress
      self.shouldStop = shouldStop
    }
  }

  /// Trains from the start, and scores the best parameters on the test rows.
  ///
  /// - Throws: `TrainError.diverged`, and `ModelError`.
  public func run(_ hooks: Hooks = Hooks()) throws -> TrainingOutcome {
    try run(from: nil, hooks, checkpointInterval: nil) { _ in }
  }

  /// Trains from `state`, or from the start without one.
  ///
  /// `save` gets the run's state after each evaluation, every `checkpointInterval` steps and when
  /// the run is stopped. A run from such a state ends as this one would.
  func run(
    from state: TrainingRun.State?, _ hooks: Hooks, checkpointInterval: Int?,
    save: (TrainingRun.State) throws -> Void
  ) throws -> TrainingOutcome {
    guard !plan.isSolved else { return try solve(from: state, hooks, save: save) }
    var run =
      state.map { TrainingRun(plan: plan, state: $0) } ?? TrainingRun(plan: plan, start: start)
    let majority = MajorityBaseline.score(data.validation, task)
    var objective = try objective
    let step = plan.settings.batch * plan.settings.accumulation
    var order = BatchOrder(rows: data.train.count, batch: step, seed: plan.settings.seed)
    var isInterrupted = false
    // The validation rows' scores under the best and the last parameters, while they are known.
    var scored: (best: [Matrix]?, last: [Matrix]?)

    while true {
      if run.isEvaluationDue {
        guard
          let scores = try objective.scores(
            run.parameters, of: .validation, shouldStop: hooks.shouldStop)
        else {
          isInterrupted = true
          break
        }
        let evaluation = Evaluation(
          scores: scores, examples: data.validation, task: task, kind: kind(for: scores))
        let isBest = try run.record(evaluation)
        scored.last = scores
        if isBest { scored.best = scores }
        hooks.progress(
          run.progress(.evaluation(evaluation, isBest: isBest), majority: majority))
        try save(run.state)
      }
      if run.isOver { break }
      if hooks.shouldStop() {
        isInterrupted = true
        break
      }
      let (loss, gradient) = try gradient(
        run.parameters, rows: order.rows(step: run.step + 1), &objective)
      try run.advance(loss: loss, gradient: gradient)
      hooks.progress(run.progress(.step, majority: majority))
      if let checkpointInterval, run.step % checkpointInterval == 0 { try save(run.state) }
    }
    var test: Evaluation?
    if !isInterrupted, !data.test.isEmpty {
      let scores = try objective.scores(
        run.chosen.parameters, of: .test, shouldStop: hooks.shouldStop)
      test = scores.map {
        Evaluation(
          scores: $0, examples: data.test, task: task,
          kind: kind(run.chosen.evaluation?.thresholds))
      }
      isInterrupted = test == nil
    }
    var temperatures: (best: Float, last: Float) = (1, 1)
    if isCalibrated {
      // A run that was taken up does not know the scores of evaluations before.
      func temperature(_ candidate: TrainingRun.Candidate, _ known: [Matrix]?) throws -> Float {
        guard candidate.evaluation != nil else { return 1 }
        var scores = known
        if scores == nil, !isInterrupted {
          scores = try objective.scores(
            candidate.parameters, of: .validation, shouldStop: hooks.shouldStop)
          isInterrupted = scores == nil
        }
        return scores.map(self.temperature) ?? 1
      }
      temperatures = try (
        temperature(run.chosen, scored.best), temperature(run.last, scored.last)
      )
    }
    if isInterrupted { try save(run.state) }
    return outcome(
      run, isInterrupted: isInterrupted, majority: majority, test: test,
      temperatures: temperatures)
  }

  /// Whether a temperature is fitted: only a softmax over classes has one.
  private var isCalibrated: Bool {
    plan.settings.calibration != .off && (start.head?.kind ?? .classes) == .classes
  }

  /// What the scores of the validation rows are to be divided by.
  func temperature(of scores: [Matrix]) -> Float {
    guard isCalibrated else { return 1 }
    let scaling = TemperatureScaling(scores, data.validation)
    switch plan.settings.calibration {
    case .off: return 1
    case .on: return Float(scaling.fitted)
    case .auto: return scaling.lowersLoss ? Float(scaling.fitted) : 1
    }
  }

  private var objective: any TrainingObjective {
    get throws {
      let rows = EncodedRows(data: data, encoder: encoder, batch: plan.settings.batch)
      guard plan.settings.method == .head, let head = start.head else {
        return PromptObjective(
          model, rows, labelTokens: labelTokens, classWeights: classWeights)
      }
      return try FeatureObjective(
        model, rows, head, classWeights: classWeights, seed: plan.settings.seed)
    }
  }

  /// The mean loss and gradient over `rows`, computed a batch at a time.
  private func gradient(
    _ parameters: TrainedParameters, rows: [Int], _ objective: inout any TrainingObjective
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    let batches = plan.settings.accumulation
    guard batches > 1 else { return try objective.gradient(parameters, rows: rows) }
    let share = 1 / Float(batches)
    var (loss, sum) = (Float(0), TrainedParameters.zeros(like: parameters))
    for start in stride(from: 0, to: rows.count, by: plan.settings.batch) {
      let part = try objective.gradient(
        parameters, rows: Array(rows[start..<start + plan.settings.batch]))
      loss += share * part.loss
      sum.add(part.gradient, share: share)
    }
    return (loss, sum)
  }

  /// What the head's outputs stand for, the thresholds of labels chosen by validation rows.
  private func kind(for validation: [Matrix]) -> HeadKind {
    guard case .labels? = start.head?.kind else { return kind(nil) }
    return .labels(
      thresholds: LabelThresholds.best(
        for: validation, data.validation, labels: task.labels.count))
  }

  /// The same with `thresholds`, where they have been chosen.
  private func kind(_ thresholds: [Float]?) -> HeadKind {
    thresholds.map { .labels(thresholds: $0) } ?? start.head?.kind ?? .classes
  }

  /// The bundle of `parameters`; labels of a text are answered by `thresholds`.
  func bundle(
    _ parameters: TrainedParameters, _ record: TrainingRecord, temperature: Float,
    thresholds: [Float]?
  ) -> TaskBundle {
    var parameters = parameters
    parameters.head?.kind = kind(thresholds)
    return TaskBundle(
      task: task, backbone: identity, training: record, prompt: parameters.prompt,
      readout: parameters.readout(labelTokens), pooling: plan.pooling ?? .mean,
      temperature: temperature)
  }

  func outcome(
    _ run: TrainingRun, isInterrupted: Bool, majority: MetricScore, test: Evaluation?,
    temperatures: (best: Float, last: Float)
  ) -> TrainingOutcome {
    func record(_ candidate: TrainingRun.Candidate, _ test: Evaluation?) -> TrainingRecord {
      TrainingRecord(
        settings: plan.json(solved: candidate.step), steps: run.step, bestStep: candidate.step,
        isInterrupted: isInterrupted, validation: candidate.evaluation?.score,
        validationMajority: majority, test: test?.score,
        testMajority: MajorityBaseline.score(data.test, task), history: run.state.history,
        startGate: startGate, files: data.files)
    }
    return TrainingOutcome(
      seed: plan.settings.seed,
      best: bundle(
        run.chosen.parameters, record(run.chosen, test), temperature: temperatures.best,
        thresholds: run.chosen.evaluation?.thresholds),
      last: bundle(
        run.last.parameters, record(run.last, nil), temperature: temperatures.last,
        thresholds: run.last.evaluation?.thresholds),
      predictedClasses: run.chosen.evaluation?.predictedClasses, times: run.state.times)
  }
}
