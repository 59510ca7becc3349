import EPTTask

/// The changing part of a run: parameters, optimiser, schedule, the best so far.
struct TrainingRun {
  /// Parameters with what is known of them.
  struct Candidate {
    let parameters: TrainedParameters
    let step: Int
    let evaluation: Evaluation?
  }

  private let plan: TrainingPlan
  private(set) var parameters: TrainedParameters
  /// Steps made.
  private(set) var step = 0
  private var optimiser: AdamW
  private var schedule: LearningRateSchedule
  private var best: Candidate?
  private var lastEvaluatedStep = -1
  /// Evaluations since the last best one, the warm-up's left out.
  private var evaluationsWithoutGain = 0
  private var loss: Double?
  private let clock = ContinuousClock()
  /// When the last step or evaluation ended.
  private var paused: ContinuousClock.Instant
  private var stepping: Duration = .zero
  private var evaluating: Duration = .zero
  private var evaluations = 0

  init(plan: TrainingPlan, start: TrainedParameters) {
    self.plan = plan
    parameters = start
    optimiser = AdamW(start, weightDecay: plan.settings.weightDecay)
    schedule = LearningRateSchedule(warmUp: plan.warmUp, steps: plan.settings.steps)
    paused = clock.now
  }

  /// Whether the last step is made.
  var isOver: Bool { schedule.end.map { step >= $0 } ?? false }

  /// Whether the validation rows should be scored now.
  var isEvaluationDue: Bool {
    step != lastEvaluatedStep && (step % plan.evaluationInterval == 0 || isOver)
  }

  /// The parameters to keep: the best by validation.
  ///
  /// A run stopped before anything but its start was scored keeps its last parameters.
  var chosen: Candidate {
    if let best, lastEvaluatedStep > 0 || step == 0 { return best }
    return Candidate(parameters: parameters, step: step, evaluation: nil)
  }

  /// Makes one step.
  ///
  /// - Throws: `TrainError.diverged`, with the parameters as they were.
  mutating func advance(loss stepLoss: Float, gradient: TrainedParameters) throws {
    guard stepLoss.isFinite else { throw TrainError.diverged(step: step + 1, what: "the loss") }
    var gradient = gradient
    let norm = gradient.clip(to: plan.settings.gradientClip)
    guard norm.isFinite else { throw TrainError.diverged(step: step + 1, what: "the gradient") }
    step += 1
    let factor = schedule.factor(step)
    let rates = plan.rates
    optimiser.step(&parameters, gradient: gradient) { rates[$0] * factor }
    // A running mean that forgets over about 20 steps, exact for the first ones.
    let share = 1 / Double(min(step, 20))
    loss = (loss ?? 0) + (Double(stepLoss) - (loss ?? 0)) * share
    stepping += lap()
  }

  /// The time since the last step or evaluation ended.
  private mutating func lap() -> Duration {
    let now = clock.now
    defer { paused = now }
    return paused.duration(to: now)
  }

  /// Takes the current parameters' evaluation; true if they are the best so far.
  mutating func record(_ evaluation: Evaluation) -> Bool {
    lastEvaluatedStep = step
    let isBest = evaluation.isBetter(than: best?.evaluation)
    if isBest {
      best = Candidate(parameters: parameters, step: step, evaluation: evaluation)
      evaluationsWithoutGain = 0
    } else if step > plan.warmUp {
      evaluationsWithoutGain += 1
    }
    let isLate = step >= plan.settings.longestRun - decayLength
    if schedule.end == nil, evaluationsWithoutGain >= plan.settings.patience || isLate {
      schedule.beginDecay(after: step, length: decayLength)
    }
    evaluating += lap()
    evaluations += 1
    return isBest
  }

  /// A fifth of the steps so far, in whole evaluation intervals, at least one.
  private var decayLength: Int {
    max(1, step / 5 / plan.evaluationInterval) * plan.evaluationInterval
  }

  /// What there is to show now.
  func progress(_ event: TrainingProgress.Event, majority: MetricScore) -> TrainingProgress {
    let seconds = stepping / .seconds(1)
    return TrainingProgress(
      event: event, step: step, steps: schedule.end, loss: loss,
      learningRate: plan.rates.prompt * (step == 0 ? 0 : schedule.factor(step)),
      examplesPerSecond: seconds > 0 ? Double(step * plan.settings.batch) / seconds : 0,
      best: best.flatMap { candidate in candidate.evaluation.map { ($0, candidate.step) } },
      majority: majority, secondsLeft: secondsLeft)
  }

  /// What steps and evaluations have taken so far, times those to come; nil while unknown.
  private var secondsLeft: Double? {
    guard let end = schedule.end, step > 0, evaluations > 0 else { return nil }
    let interval = plan.evaluationInterval
    let toCome = end / interval - step / interval + (end % interval == 0 ? 0 : 1)
    return stepping / .seconds(1) / Double(step) * Double(end - step)
      + evaluating / .seconds(1) / Double(evaluations) * Double(toCome)
  }
}
