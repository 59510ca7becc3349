/// How products with frozen weights are computed.
public enum Precision: String, Sendable, CaseIterable {
  /// In whole numbers: weights as bytes with a scale a row, rows of numbers quantised on the way.
  case int8
  /// In binary32.
  case f32
}
