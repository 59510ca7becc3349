import EPTTask

/// What there is to show while training runs.
public struct TrainingProgress: Sendable {
  /// What has just happened.
  public enum Event: Sendable, Equatable {
    /// A step has been made.
    case step
    /// The validation rows have been scored.
    case evaluation(Evaluation, isBest: Bool)
  }

  public let event: Event
  /// Steps made so far.
  public let step: Int
  /// The last step, as far as it is known.
  public let steps: Int?
  /// Training loss, averaged over about the last 20 steps; nil before the first.
  public let loss: Double?
  /// The short prompt's learning rate at this step.
  public let learningRate: Float
  /// Texts a second since training began, evaluations left out.
  public let examplesPerSecond: Double
  /// The best evaluation so far and its step.
  public let best: (evaluation: Evaluation, step: Int)?
  /// What the most frequent class scores on the validation rows.
  public let majority: MetricScore
  /// Seconds to the last step, evaluations included; nil while that step is unknown.
  public let secondsLeft: Double?
}
