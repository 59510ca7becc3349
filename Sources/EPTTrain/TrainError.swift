/// What can go wrong in training.
public enum TrainError: Error, Equatable, Sendable {
  /// A setting that cannot work. `reason` says which values can.
  case invalidSetting(name: String, reason: String)
  /// The loss or a gradient is no longer a number.
  case diverged(step: Int, what: String)
}

extension TrainError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSetting(let name, let reason):
      "\(name) \(reason)"
    case .diverged(let step, let what):
      "training diverged at step \(step): \(what) is not a finite number; lower the learning rates"
    }
  }
}
