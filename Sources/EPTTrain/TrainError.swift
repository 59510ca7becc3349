/// What can go wrong in training.
public enum TrainError: Error, Equatable, Sendable {
  /// A setting that cannot work. `reason` says which values can.
  case invalidSetting(name: String, reason: String)
  /// The loss, a gradient or a trained tensor is no longer a number. `flags` are those whose
  /// values should be lowered, with these values.
  case diverged(step: Int, what: String, flags: [String])
  /// A checkpoint of a run that differs in `what`.
  case otherRun(path: String, what: String, stored: String, given: String)
}

extension TrainError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSetting(let name, let reason):
      "\(name) \(reason)"
    case .diverged(let step, let what, let flags):
      "training diverged at step \(step): \(what) is not a finite number; lower "
        + flags.joined(separator: ", ")
    case .otherRun(let path, "rows", _, _):
      "\(path) is of a run with other data: a file of rows has changed since; put the old rows back, "
        + "or start over with --force"
    case .otherRun(let path, let what, let stored, let given):
      "\(path) is of another run: its \(what) is \(stored), here it is \(given);"
        + " repeat that run's flags, or start over with --force"
    }
  }
}
