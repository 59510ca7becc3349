/// One Unicode scalar read from UTF-8.
struct UTF8Scalar {
  /// Below 0x20_0000 whatever the bytes are; a true scalar if they are well-formed.
  let value: UInt32
  /// Bytes taken, 1 to 4, never more than there are.
  let length: Int

  /// Reads the scalar at `position`, which is below `end`.
  ///
  /// Ill-formed bytes give some value and stay within bounds: texts are well-formed, tables
  /// might not be.
  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, at position: Int, end: Int) {
    let lead = UInt32(bytes[position])
    if lead < 0x80 {
      value = lead
      length = 1
      return
    }
    let wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var result = lead & (0xFF >> UInt32(wanted + 1))
    let count = min(wanted, end - position)
    for index in 1..<max(count, 1) {
      result = result << 6 | UInt32(bytes[position + index] & 0x3F)
    }
    value = result
    length = count
  }

  /// The bytes of the scalar that begins with `lead`, at most `limit`.
  @inline(__always)
  static func length(lead: UInt8, limit: Int) -> Int {
    lead < 0x80 ? 1 : min(lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4, limit)
  }

  /// The UTF-8 of `scalar`.
  static func encode(_ scalar: UInt32) -> [UInt8] {
    guard let scalar = Unicode.Scalar(scalar) else { return [] }
    return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }
}

/// The length of the white space (Unicode White_Space) at `position`, or 0.
@inline(__always)
func whitespaceLength(_ bytes: UnsafePointer<UInt8>, at position: Int, end: Int) -> Int {
  let lead = bytes[position]
  if lead < 0x80 { return lead == 0x20 || (lead >= 0x09 && lead <= 0x0D) ? 1 : 0 }
  guard lead == 0xC2 || (lead >= 0xE1 && lead <= 0xE3) else { return 0 }
  let scalar = UTF8Scalar(bytes, at: position, end: end)
  switch scalar.value {
  case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
    return scalar.length
  default:
    return 0
  }
}
