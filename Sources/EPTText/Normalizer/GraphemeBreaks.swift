/// Grapheme cluster classes (UAX #29, table 2), with those of Extend and Other that conjuncts and
/// emoji sequences need apart.
enum GraphemeClass: UInt8 {
  case other = 0
  case carriageReturn = 1
  case lineFeed = 2
  case control = 3
  /// Extend that may stand between a linker and a consonant (InCB=Extend).
  case extend = 4
  /// Extend that may not.
  case plainExtend = 5
  case linker = 6
  case joiner = 7
  case regionalIndicator = 8
  case prepend = 9
  case spacingMark = 10
  case leadingJamo = 11
  case vowelJamo = 12
  case trailingJamo = 13
  /// Hangul syllables without and with a trailing consonant.
  case openSyllable = 14
  case closedSyllable = 15
  case pictograph = 16
  case consonant = 17

  /// The class by the letter that `UnicodeData.graphemes` uses.
  static let letters: [Substring: GraphemeClass] = [
    "R": .carriageReturn, "F": .lineFeed, "C": .control, "E": .extend, "e": .plainExtend,
    "N": .linker, "Z": .joiner, "I": .regionalIndicator, "P": .prepend, "S": .spacingMark,
    "L": .leadingJamo, "V": .vowelJamo, "T": .trailingJamo, "X": .pictograph, "K": .consonant,
  ]

  /// The class of every scalar, as raw values.
  static func table() -> [UInt8] {
    var table = [UInt8](repeating: other.rawValue, count: 0x11_0000)
    for (scalar, letter) in UnicodeData.classes(UnicodeData.graphemes) {
      table[Int(scalar)] = (letters[letter] ?? .other).rawValue
    }
    for syllable in Hangul.syllables {
      let isOpen = (syllable - Hangul.syllables.lowerBound) % Hangul.trailing == 0
      table[Int(syllable)] = (isOpen ? openSyllable : closedSyllable).rawValue
    }
    return table
  }
}

/// Finds the ends of extended grapheme clusters (UAX #29, GB3 to GB999), as the reference does.
struct GraphemeBreaks {
  /// What of a conjunct or of an emoji sequence has been read.
  private enum Sequence {
    case none
    /// A consonant and marks, no linker yet.
    case consonant
    case linked
    /// A pictograph and marks.
    case pictograph
    case joined
  }

  let classes: ScalarTable<UInt8>

  /// The end of the cluster that begins at `start`, which is below `end`.
  func end(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var scalar = UTF8Scalar(bytes, at: start, end: end)
    var position = start + scalar.length
    var previous = GraphemeClass(rawValue: classes[scalar.value]) ?? .other
    var sequence = Self.begin(previous)
    var indicators = previous == .regionalIndicator ? 1 : 0
    while position < end {
      scalar = UTF8Scalar(bytes, at: position, end: end)
      let next = GraphemeClass(rawValue: classes[scalar.value]) ?? .other
      guard Self.joins(previous, next, sequence, indicators) else { break }
      sequence = Self.follow(sequence, next)
      indicators = next == .regionalIndicator ? indicators + 1 : 0
      previous = next
      position += scalar.length
    }
    return position
  }

  private static func begin(_ first: GraphemeClass) -> Sequence {
    first == .consonant ? .consonant : first == .pictograph ? .pictograph : .none
  }

  private static func follow(_ sequence: Sequence, _ next: GraphemeClass) -> Sequence {
    switch (sequence, next) {
    case (_, .consonant), (_, .pictograph): begin(next)
    case (.consonant, .linker), (.linked, .linker): .linked
    case (.consonant, .extend), (.consonant, .joiner): .consonant
    case (.linked, .extend), (.linked, .joiner): .linked
    case (.pictograph, .extend), (.pictograph, .plainExtend), (.pictograph, .linker): .pictograph
    case (.pictograph, .joiner): .joined
    default: .none
    }
  }

  private static func joins(
    _ previous: GraphemeClass, _ next: GraphemeClass, _ sequence: Sequence, _ indicators: Int
  ) -> Bool {
    switch (previous, next) {
    case (.carriageReturn, .lineFeed): true
    case (.carriageReturn, _), (.lineFeed, _), (.control, _): false
    case (_, .carriageReturn), (_, .lineFeed), (_, .control): false
    case (_, .extend), (_, .plainExtend), (_, .linker), (_, .joiner), (_, .spacingMark): true
    case (.prepend, _): true
    case (.leadingJamo, .leadingJamo), (.leadingJamo, .vowelJamo): true
    case (.leadingJamo, .openSyllable), (.leadingJamo, .closedSyllable): true
    case (.vowelJamo, .vowelJamo), (.vowelJamo, .trailingJamo): true
    case (.openSyllable, .vowelJamo), (.openSyllable, .trailingJamo): true
    case (.trailingJamo, .trailingJamo), (.closedSyllable, .trailingJamo): true
    case (.regionalIndicator, .regionalIndicator): indicators % 2 == 1
    case (_, .consonant): sequence == .linked
    case (.joiner, .pictograph): sequence == .joined
    default: false
    }
  }
}
