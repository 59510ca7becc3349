/// Hangul syllables decompose by arithmetic (Unicode Standard, section 3.12).
enum Hangul {
  static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  /// Trailing consonants, none counted.
  static let trailing: UInt32 = 28
  private static let vowels: UInt32 = 21

  /// The two or three jamo of a syllable; a trailing value of 0 means none.
  @inline(__always)
  static func decompose(_ syllable: UInt32) -> (leading: UInt32, vowel: UInt32, trailing: UInt32) {
    let index = syllable &- syllables.lowerBound
    let tail = index % trailing
    return (
      0x1100 + index / (vowels * trailing), 0x1161 + index % (vowels * trailing) / trailing,
      tail == 0 ? 0 : 0x11A7 + tail
    )
  }
}
