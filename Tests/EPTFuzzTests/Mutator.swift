import EPTTestSupport

/// Damages files in the ways that break readers.
struct Mutator {
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 8, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 1 << 20, 0x7FFF_FFFF,
    0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 40, 1 << 61, 1 << 62, .max >> 1, 1 << 63, .max - 63,
    .max,
  ]
  /// What is likely to mean something in a JSON text.
  private static let words: [[UInt8]] = [
    "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "-", "0", "1e999", "-1", "null",
    "9223372036854775807", "9223372036854775808", "\"F32\"", "\"BF16\"", "\"shape\"",
    "__metadata__",
    "[[[[[[[[", "\u{0}", "\u{FFFD}",
  ].map { Array($0.utf8) }

  private var random: SplitMix

  init(seed: UInt64) {
    random = SplitMix(seed: seed)
  }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int {
    Int.random(in: 0..<max(1, bound), using: &random)
  }

  /// Changes a file in one to four ways.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - other: A file to take bytes from.
  ///   - keepsLength: Whether everything must stay where it is.
  mutating func damage(_ bytes: inout [UInt8], other: [UInt8], keepsLength: Bool) {
    for _ in 0...below(4) {
      // Half of the damage is at the front, where headers are.
      let place = below(below(2) == 0 ? min(bytes.count, 700) : bytes.count)
      switch below(keepsLength ? 4 : 8) {
      case 0: if !bytes.isEmpty { bytes[place] ^= 1 << UInt8(below(8)) }
      case 1: if !bytes.isEmpty { bytes[place] = UInt8(below(256)) }
      case 2: overwrite(&bytes, at: place, with: number())
      case 3: overwrite(&bytes, at: place, with: Self.words[below(Self.words.count)])
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(64)))
      case 5: bytes.insert(contentsOf: Self.words[below(Self.words.count)], at: place)
      case 6: bytes.removeLast(below(bytes.count + 1))
      default:
        let start = below(other.count)
        let piece = other[start..<min(other.count, start + below(256))]
        bytes.replaceSubrange(place..<min(bytes.count, place + below(256)), with: piece)
      }
    }
  }

  /// The first bytes of a number at the edge of something, or of any.
  private mutating func number() -> [UInt8] {
    let value = below(4) == 0 ? random.next() : Self.numbers[below(Self.numbers.count)]
    return withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(1 << below(4))) }
  }

  private func overwrite(_ bytes: inout [UInt8], at place: Int, with new: [UInt8]) {
    for (offset, byte) in new.enumerated() where place + offset < bytes.count {
      bytes[place + offset] = byte
    }
  }
}
