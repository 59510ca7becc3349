/// How a tensor's numbers stand in a file.
///
/// The raw value is the code on disk.
public enum TensorEncoding: UInt16, Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case f32 = 0
  /// IEEE 754 binary16.
  case f16 = 1
  /// The upper half of a binary32.
  case bf16 = 2
  /// Rows of signed bytes `[rows, columns]`, then one binary32 scale a row `[rows]`:
  /// value = scale * byte.
  case q8 = 3

  /// The name used in command lines and listings.
  public var name: String { String(describing: self) }
}
