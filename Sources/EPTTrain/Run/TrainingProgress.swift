import EPTTask

/// What there is to show while training runs.
public struct TrainingProgress: Sendable {
  /// What has just happened.
  public enum Event: Sendable, Equatable {
    /// The frozen states of so many of a set's rows are there, for a head.
    case reading(rows: Int, of: Int)
    /// A step has been made; of a solved head, a strength has been fitted.
    case step
    /// The validation rows have been scored.
    case evaluation(Evaluation, isBest: Bool)
  }

  /// What has just happened.
  public let event: Event
  /// The run's seed.
  public let seed: UInt64
  /// Whether the two texts of a pair pass alone.
  public let readsApart: Bool
  /// Steps made so far.
  public let step: Int
  /// The last step, as far as it is known.
  public let steps: Int?
  /// Training loss, averaged over about the last 20 steps; nil before the first.
  public let loss: Double?
  /// The last step's own training loss; nil before the first.
  public let stepLoss: Float?
  /// The norm of the last step's gradient before clipping; nil before the first.
  public let gradientNorm: Float?
  /// Each group's learning rate at this step.
  public let rates: LearningRates
  /// The inverse strength of the penalty that a solved head has now; nil for other runs.
  public let strength: Double?
  /// Texts a second since training began, evaluations left out.
  public let examplesPerSecond: Double
  /// The best evaluation so far and its step.
  public let best: (evaluation: Evaluation, step: Int)?
  /// What the most frequent class scores on the validation rows.
  public let majority: MetricScore
  /// Seconds to the last step, evaluations included; nil before the first.
  public let secondsLeft: Double?
  /// Whether that step is known; if not, it is the one after which a run ends whose validation gains
  /// no more.
  public let isEndKnown: Bool
  /// How long the run has taken.
  public let times: TrainingTimes
}

/// What a run has taken so far, in seconds.
public struct TrainingTimes: Sendable, Equatable {
  /// Of steps.
  public var training = 0.0
  /// Of scoring the validation rows.
  public var evaluation = 0.0

  /// No time at all.
  public init() {}
}
