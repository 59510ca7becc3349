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

  /// The jamo that join what stands before them: vowels and trailing consonants.
  static let following: [ClosedRange<UInt32>] = [0x1161...0x1175, 0x11A8...0x11C2]
  private static let leading: ClosedRange<UInt32> = 0x1100...0x1112

  /// The syllable of a leading consonant and a vowel, or of a syllable and a trailing consonant.
  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leading.contains(first), following[0].contains(second) {
      return syllables.lowerBound + ((first - 0x1100) * vowels + second - 0x1161) * trailing
    }
    if syllables.contains(first), (first - syllables.lowerBound) % trailing == 0,
      following[1].contains(second)
    {
      return first + second - 0x11A7
    }
    return nil
  }
}
