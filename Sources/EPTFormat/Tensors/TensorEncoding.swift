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
  /// A matrix of bytes in panels (`PanelGeometry`), one binary32 scale a row:
  /// value = scale · (byte - 128).
  case q8 = 3
  /// A matrix of half bytes in panels (`PanelGeometry`), one binary16 scale for 32 numbers of a
  /// row: value = scale · (half byte - 8).
  case q4 = 4

  /// The name used in command lines and listings.
  public var name: String { String(describing: self) }

  /// The bytes of a tensor of `shape`, nil where the size overflows or the shape does not suit.
  public func byteCount(shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflows else { return nil }
      count = product
    }
    switch self {
    case .f32: return Self.product(count, 4)
    case .f16, .bf16: return Self.product(count, 2)
    case .q8, .q4:
      guard shape.count == 2 else { return nil }
      return PanelGeometry(self, rows: shape[0], columns: shape[1])?.byteCount
    }
  }

  private static func product(_ count: Int, _ size: Int) -> Int? {
    let (product, overflows) = count.multipliedReportingOverflow(by: size)
    return overflows ? nil : product
  }
}
