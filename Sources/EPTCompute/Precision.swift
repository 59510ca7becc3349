/// How products with frozen weights are computed.
public enum Precision: String, Sendable, CaseIterable {
  /// In int8: weights are bytes with one scale a row, and input rows are quantised one by one.
  case int8
  /// In binary32.
  case f32
}
