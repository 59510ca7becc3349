/// What can go wrong in training.
public enum TrainError: Error, Equatable, Sendable {
  /// A learning rate and its value.
  public struct Rate: Equatable, Sendable {
    /// Which learning rate.
    public let setting: TrainingSetting
    /// Its value.
    public let value: Float
  }

  /// Settings that cannot work, alone or together. `reason` says which values can.
  case invalidSetting([TrainingSetting], reason: String)
  /// The loss, a gradient or a trained tensor is no longer a number. `rates` are those to lower.
  case diverged(step: Int, what: String, rates: [Rate])
  /// A number that everything else would be computed from is none.
  case notFinite(what: String)
  /// A checkpoint of a run that differs in `what`.
  case otherRun(path: String, what: String, stored: String, given: String)
}

extension TrainError: CustomStringConvertible {
  public var description: String { description { $0.rawValue } }

  /// The message, settings being called as `name` has it: a program's own names for them.
  public func description(_ name: (TrainingSetting) -> String) -> String {
    switch self {
    case .invalidSetting(let settings, let reason):
      "\(Self.list(settings.map(name))) \(reason)"
    case .diverged(let step, let what, let rates):
      "training diverged at step \(step): \(what) is not a finite number; lower "
        + rates.map { "\(name($0.setting)) (now \($0.value))" }.joined(separator: ", ")
    case .notFinite(let what):
      "\(what) holds a number that is not finite; check the backbone's file, or convert it again"
    case .otherRun(let path, "rows", _, _):
      "\(path) is of a run with other data: a file of rows has changed since; put the old rows back,"
        + " or start over"
    case .otherRun(let path, let what, let stored, let given):
      "\(path) is of another run: its \(what) is \(stored), here it is \(given);"
        + " repeat that run's settings, or start over"
    }
  }

  /// `a, b and c`.
  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
