/// Reads little-endian fields one after another, never past the end.
struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Bytes not yet read.
  var remaining: Int { bytes.count - position }

  /// The next field, nil where it would pass the end.
  mutating func integer<Field: FixedWidthInteger & BitwiseCopyable>(_: Field.Type) -> Field? {
    guard MemoryLayout<Field>.size <= remaining else { return nil }
    defer { position += MemoryLayout<Field>.size }
    return Field(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Field.self))
  }

  /// The next `count` bytes, nil where they would pass the end.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }
}

extension [UInt8] {
  /// Appends `value` in little-endian order.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
