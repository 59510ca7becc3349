import EPTTask

/// What has come of one run.
public struct TrainingOutcome: Sendable, Equatable {
  /// The run's seed.
  public let seed: UInt64
  /// The parameters that are best by validation.
  public let best: TaskBundle
  /// The parameters of the last step.
  public let last: TaskBundle
  /// How many classes the best ones predict on the validation rows; nil if they were not scored.
  public let predictedClasses: Int?
  /// How long it took.
  public let times: TrainingTimes

  /// Whether the two texts of a pair passed alone.
  public var readsApart: Bool { best.readout.readsApart }
}

/// The mean of a figure over runs, and how far they lie apart.
public struct Spread: Sendable, Equatable {
  /// The figure's name.
  public let name: String
  /// The mean over the runs.
  public let mean: Double
  /// The sample's standard deviation, of `n - 1`; 0 for one run.
  public let deviation: Double

  /// The spread of each figure of `scores`, which all have the same figures.
  public static func of(_ scores: [MetricScore]) -> [Spread] {
    (scores.first?.figures ?? []).indices.map { index in
      let values = scores.map { $0.figures[index].value }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return Spread(
        name: scores[0].figures[index].name, mean: mean,
        deviation: (squares / Double(max(1, values.count - 1))).squareRoot())
    }
  }
}
