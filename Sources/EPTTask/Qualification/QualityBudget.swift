import EPTFormat

/// What an encoding of a backbone may cost at most, and at least must do.
public struct QualityBudget: Sendable, Equatable {
  /// Something that a budget limits; its raw value is the limit's name in a file.
  public enum Limit: String, Sendable, CaseIterable {
    /// The least share of rows with the same answer.
    case agreement
    /// The most that the metric may fall, from 0 to 1.
    case metricLoss = "metric_loss"
    /// The most that a threshold's recall may fall.
    case recallLoss = "recall_loss"
    /// The most that a threshold's rate of false positives may rise.
    case falsePositiveRise = "false_positive_rise"
    /// The most that the calibration error may rise.
    case calibrationRise = "calibration_rise"
    /// The largest change of a probability.
    case difference
    /// The most milliseconds of one text, of which so many in a hundred take less.
    case p50 = "p50_ms"
    case p95 = "p95_ms"
    case p99 = "p99_ms"
    /// The most memory in use, in megabytes.
    case memory = "memory_mb"

    /// Whether the figure must reach the limit, not stay below it.
    var isLeast: Bool { self == .agreement }
  }

  /// A limit against its figure.
  public struct Verdict: Sendable, Equatable {
    /// Which limit.
    public let limit: Limit
    /// What it allows.
    public let bound: Double
    /// What was measured; NaN if nothing was.
    public let figure: Double
    /// Whether the figure is within the bound.
    public let isKept: Bool
  }

  /// The limits that are set.
  public var limits: [Limit: Double]

  /// Limits with their bounds.
  public init(limits: [Limit: Double] = [:]) {
    self.limits = limits
  }

  /// Reads an object of limits by their names.
  ///
  /// `path` is for messages.
  ///
  /// - Throws: `TaskError.badTaskFile`.
  public init(_ json: JSON, path: String) throws {
    func fault(_ reason: String) -> TaskError { .badTaskFile(path: path, reason: reason) }
    guard let members = json.object else { throw fault("a budget is a JSON object") }
    var limits: [Limit: Double] = [:]
    for member in members {
      guard let limit = Limit.allCases.first(where: { $0.rawValue == member.key }) else {
        let names = Limit.allCases.map(\.rawValue).joined(separator: ", ")
        throw fault("\"\(member.key)\" is no limit; they are: \(names)")
      }
      guard let bound = member.value.number, bound.isFinite, bound >= 0 else {
        throw fault("\"\(member.key)\" must be a number of 0 or more")
      }
      limits[limit] = bound
    }
    self.limits = limits
  }

  /// Holds `figures` against the limits, in the order of `Limit`; a limit without a figure is not kept.
  public func verdicts(_ figures: [Limit: Double]) -> [Verdict] {
    Limit.allCases.compactMap { limit in
      guard let bound = limits[limit] else { return nil }
      let figure = figures[limit] ?? .nan
      return Verdict(
        limit: limit, bound: bound, figure: figure,
        isKept: limit.isLeast ? figure >= bound : figure <= bound)
    }
  }
}
