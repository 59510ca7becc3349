/// Whether a bundle's scores are divided by a temperature that makes their softmax calibrated.
public enum Calibration: String, Sendable, CaseIterable {
  /// Where that lowers the loss of validation rows that the temperature was not fitted on.
  case auto
  /// Always.
  case on
  /// Never.
  case off
}
