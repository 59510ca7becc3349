/// The spelling of byte-level vocabularies, GPT-2's: a visible character for each byte.
enum ByteLevel {
  /// The scalar for each byte. `[256]`
  static let scalars: [UInt32] = {
    let visible: [ClosedRange<UInt32>] = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF]
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      if visible.contains(where: { $0.contains(byte) }) { return byte }
      defer { next += 1 }
      return next
    }
  }()

  private static let bytes = Dictionary(
    zip(scalars, UInt8.min...UInt8.max), uniquingKeysWith: { first, _ in first })

  /// The bytes that a piece stands for; nil if it is not spelled so.
  static func bytes(of piece: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
      guard let byte = bytes[scalar.value] else { return nil }
      result.append(byte)
    }
    return result
  }
}
