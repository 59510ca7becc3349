import EPTTask

/// The changing part of a run: parameters, optimiser, schedule, the best so far.
struct TrainingRun {
  /// Parameters with what is known of them.
  struct Candidate: Equatable {
    let parameters: TrainedParameters
    let step: Int
    let evaluation: Evaluation?
  }

  /// All that a run depends on from here: what a checkpoint holds.
  ///
  /// Data order and random numbers follow from seed and step, and need no state.
  struct State: Equatable {
    var parameters: TrainedParameters
    /// Steps made.
    var step = 0
    var optimiser: AdamW
    var schedule: LearningRateSchedule
    var best: Candidate?
    var lastEvaluatedStep = -1
    /// The last evaluation, of whatever step.
    var lastEvaluation: Evaluation?
    /// Evaluations since the last best one, the warm-up's left out.
    var evaluationsWithoutGain = 0
    /// Training loss, averaged over about the last 20 steps.
    var loss: Double?
    /// Training losses since the last evaluation: their sum and number.
    var recentLoss = 0.0
    var recentSteps = 0
    /// The evaluations so far.
    var history = TrainingHistory()
    var times = TrainingTimes()
    var evaluations = 0
  }

  private let plan: TrainingPlan
  private(set) var state: State
  /// The share of the rates that the last step used.
  private var factor: Float { step == 0 ? 0 : state.schedule.factor(step) }
  private var stepLoss: Float?
  private var gradientNorm: Float?
  private let clock = ContinuousClock()
  /// When the last step or evaluation ended.
  private var paused: ContinuousClock.Instant

  init(plan: TrainingPlan, start: TrainedParameters) {
    self.init(
      plan: plan,
      state: State(
        parameters: start, optimiser: AdamW(start, weightDecay: plan.settings.weightDecay),
        schedule: LearningRateSchedule(
          plan.settings.schedule, warmUp: plan.warmUp, steps: plan.steps)))
  }

  /// Takes a run up.
  init(plan: TrainingPlan, state: State) {
    self.plan = plan
    self.state = state
    paused = clock.now
  }

  var parameters: TrainedParameters { state.parameters }
  var step: Int { state.step }

  /// Whether the last step is made.
  var isOver: Bool { state.schedule.end.map { step >= $0 } ?? false }

  /// Whether the validation rows should be scored now.
  var isEvaluationDue: Bool {
    step != state.lastEvaluatedStep && (step % plan.evaluationInterval == 0 || isOver)
  }

  /// The parameters to keep: the best by validation.
  ///
  /// A run stopped before anything but its start was scored keeps its last parameters.
  var chosen: Candidate {
    if let best = state.best, state.lastEvaluatedStep > 0 || step == 0 { return best }
    return Candidate(parameters: parameters, step: step, evaluation: nil)
  }

  /// The parameters as they are now.
  var last: Candidate {
    Candidate(
      parameters: parameters, step: step,
      evaluation: state.lastEvaluatedStep == step ? state.lastEvaluation : nil)
  }

  /// Makes one step.
  ///
  /// - Throws: `TrainError.diverged`, with the parameters as they were.
  mutating func advance(loss stepLoss: Float, gradient: TrainedParameters) throws {
    guard stepLoss.isFinite else { throw divergence("the loss", of: nil) }
    var gradient = gradient
    let norm = gradient.clip(to: plan.settings.gradientClip)
    guard norm.isFinite else {
      let tensor = gradient.firstNotFinite
      throw divergence(tensor.map { "the gradient of \($0.name)" } ?? "the gradient", of: tensor)
    }
    let before = state
    let factor = state.schedule.factor(step + 1)
    state.optimiser.step(&state.parameters, gradient: gradient) { [rates = plan.rates] in
      rates[$0] * factor
    }
    if let tensor = state.parameters.firstNotFinite {
      state = before
      throw divergence(tensor.name, of: tensor)
    }
    take(loss: stepLoss, gradientNorm: norm)
  }

  /// Takes the head of the next strength as the parameters.
  ///
  /// - Throws: `TrainError.notFinite`.
  mutating func take(_ fit: LogisticRegression.Fit) throws {
    state.parameters.head = fit.head
    guard fit.loss.isFinite, state.parameters.firstNotFinite == nil else {
      throw TrainError.notFinite(what: "the solved head")
    }
    take(loss: Float(fit.loss), gradientNorm: Float(fit.gradientNorm))
    // Each strength's loss stands for itself.
    state.loss = fit.loss
  }

  /// Counts a step whose parameters are there.
  private mutating func take(loss stepLoss: Float, gradientNorm norm: Float) {
    state.step += 1
    // A running mean that forgets over about 20 steps, exact for the first ones.
    let share = 1 / Double(min(step, 20))
    let loss = state.loss ?? 0
    state.loss = loss + (Double(stepLoss) - loss) * share
    state.recentLoss += Double(stepLoss)
    state.recentSteps += 1
    self.stepLoss = stepLoss
    gradientNorm = norm
    state.times.training += lap()
  }

  /// Seconds since the last step or evaluation ended.
  private mutating func lap() -> Double {
    let now = clock.now
    defer { paused = now }
    return paused.duration(to: now) / .seconds(1)
  }

  /// Takes the current parameters' evaluation; true if they are the best so far.
  ///
  /// - Throws: `TrainError.diverged`.
  mutating func record(_ evaluation: Evaluation) throws -> Bool {
    guard evaluation.loss.isFinite else {
      throw divergence("the validation loss", of: nil, step: step)
    }
    state.lastEvaluatedStep = step
    state.lastEvaluation = evaluation
    let steps = state.recentSteps
    state.history.points.append(
      TrainingHistory.Point(
        step: step, trainingLoss: steps > 0 ? state.recentLoss / Double(steps) : nil,
        validationLoss: evaluation.loss, score: evaluation.score,
        learningRate: plan.isSolved ? 0 : Double(plan.rates.prompt * factor)))
    (state.recentLoss, state.recentSteps) = (0, 0)
    let isBest = evaluation.isBetter(than: state.best?.evaluation, by: plan.choice)
    if isBest {
      state.best = Candidate(parameters: parameters, step: step, evaluation: evaluation)
      state.evaluationsWithoutGain = 0
    } else if step > plan.warmUp {
      state.evaluationsWithoutGain += 1
    }
    let isPlateau = plan.patience.map { state.evaluationsWithoutGain >= $0 } ?? false
    if plan.steps != nil {
      if isPlateau, !isOver { state.schedule.stop(after: step) }
    } else if state.schedule.end == nil {
      let isLate = step >= plan.settings.longestRun - decayLength
      if isPlateau || isLate { state.schedule.beginDecay(after: step, length: decayLength) }
    }
    state.times.evaluation += lap()
    state.evaluations += 1
    return isBest
  }

  /// A fifth of the steps so far, in whole evaluation intervals, at least one.
  private var decayLength: Int {
    max(1, step / 5 / plan.evaluationInterval) * plan.evaluationInterval
  }

  /// The last step of a run whose validation gains no more from here on.
  private var earliestEnd: Int {
    let interval = plan.evaluationInterval
    let left = max(1, (plan.patience ?? 1) - state.evaluationsWithoutGain)
    let counted = max(step, plan.warmUp) / interval
    let plateau = min((counted + left) * interval, max(step, plan.settings.longestRun))
    guard plan.settings.schedule != .constant else { return plateau }
    return plateau + max(1, plateau / 5 / interval) * interval
  }

  /// The error that names the step and the rate to lower.
  ///
  /// The step is by default the next one. The rate is that of the group at fault, or of the groups
  /// furthest above their defaults.
  private func divergence(
    _ what: String, of tensor: ParameterTensor?, step: Int? = nil
  ) -> TrainError {
    let groups = parameters.groups
    let defaults = LearningRates(embeddingRMS: plan.embeddingRMS)
    func excess(_ group: ParameterGroup) -> Float {
      plan.rates[group] / max(defaults[group], .leastNormalMagnitude)
    }
    let most = groups.map(excess).max() ?? 1
    let suspects = tensor.map { [$0.group] } ?? groups.filter { excess($0) == most }
    return .diverged(
      step: step ?? self.step + 1, what: what,
      rates: suspects.map { .init(setting: $0.rateSetting, value: plan.rates[$0]) })
  }

  /// What there is to show now.
  func progress(_ event: TrainingProgress.Event, majority: MetricScore) -> TrainingProgress {
    let texts = step * plan.settings.batch * plan.settings.accumulation
    let seconds = state.times.training
    return TrainingProgress(
      event: event, seed: plan.settings.seed, readsApart: plan.head?.readsApart ?? false,
      step: step, steps: state.schedule.end,
      loss: state.loss, stepLoss: stepLoss, gradientNorm: gradientNorm,
      rates: plan.rates.scaled(by: factor),
      strength: plan.strength(step),
      examplesPerSecond: seconds > 0 && !plan.isSolved ? Double(texts) / seconds : 0,
      best: state.best.flatMap { candidate in
        candidate.evaluation.map { ($0, candidate.step) }
      },
      majority: majority, secondsLeft: secondsLeft, isEndKnown: state.schedule.end != nil,
      times: state.times)
  }

  /// What steps and evaluations have taken so far, times those to come; nil before the first.
  private var secondsLeft: Double? {
    guard step > 0, state.evaluations > 0, !plan.isSolved else { return nil }
    let end = state.schedule.end ?? earliestEnd
    let interval = plan.evaluationInterval
    let toCome = end / interval - step / interval + (end % interval == 0 ? 0 : 1)
    return state.times.training / Double(step) * Double(end - step)
      + state.times.evaluation / Double(state.evaluations) * Double(toCome)
  }
}
