/// A set of bytes, a bit each.
struct ByteSet: Sendable {
  private var bits = SIMD4<UInt64>()

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    bits[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
  }

  mutating func insert(_ byte: UInt8) {
    bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
  }

  /// Whether all of `text` is ASCII, and none of it in the set.
  func isDisjoint(fromASCII text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.allSatisfy { $0 < 0x80 && !contains($0) }
  }
}
