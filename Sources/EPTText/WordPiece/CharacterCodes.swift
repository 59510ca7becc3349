/// What BERT's normalizer and pre-tokenizer together make of one scalar.
enum CharacterCode {
  /// Part of a word, as it is.
  static let word: UInt16 = 0
  /// Nothing, as if it had not been there.
  static let dropped: UInt16 = 1
  /// Nothing, but marks before and after it do not change places.
  static let droppedStarter: UInt16 = 2
  /// The end of a word.
  static let space: UInt16 = 3
  /// A word of its own.
  static let isolated: UInt16 = 4
  /// A Hangul syllable that is taken apart.
  static let hangul: UInt16 = 5
  /// This and larger codes: units of the record with that number, counted from here.
  static let firstRecord: UInt16 = 8

  /// The same for ASCII, where everything below 0x80 is the letter that stays or comes.
  static let asciiDropped: UInt8 = 0x80
  static let asciiSpace: UInt8 = 0x81
  static let asciiIsolated: UInt8 = 0x82
}

/// One scalar of a replacement: bits 0-20 the scalar, 21-28 its combining class, 29-30 its place.
struct CharacterUnit {
  /// What a scalar is to words.
  enum Place: UInt32 {
    case word = 0
    case isolated = 1
    case space = 2
  }

  let rawValue: UInt32

  @inline(__always)
  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(scalar: UInt32, combiningClass: UInt8, place: Place) {
    rawValue = scalar | UInt32(combiningClass) << 21 | place.rawValue << 29
  }

  var scalar: UInt32 { rawValue & 0x1F_FFFF }
  var combiningClass: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 21) }
  var place: Place { Place(rawValue: rawValue >> 29 & 3) ?? .word }
}

/// Why a scalar may become something else than part of a word.
private struct CharacterProperties: OptionSet {
  let rawValue: UInt8

  static let control = CharacterProperties(rawValue: 1)
  static let space = CharacterProperties(rawValue: 2)
  static let punctuation = CharacterProperties(rawValue: 4)
  static let chinese = CharacterProperties(rawValue: 8)
  static let mark = CharacterProperties(rawValue: 16)
  /// It has a decomposition, a lower case or a combining class.
  static let mapped = CharacterProperties(rawValue: 32)

  /// The properties of every scalar.
  static func table() -> [CharacterProperties] {
    var table = [CharacterProperties](repeating: [], count: 0x11_0000)
    func add(_ property: CharacterProperties, _ text: String) {
      for run in UnicodeData.runs(text) {
        for scalar in run { table[Int(scalar)].insert(property) }
      }
    }
    add(.control, UnicodeData.control)
    add(.space, UnicodeData.space)
    add(.punctuation, UnicodeData.punctuation)
    add(.chinese, UnicodeData.chinese)
    add(.mark, UnicodeData.nonspacingMarks)
    for syllable in Hangul.syllables { table[Int(syllable)].insert(.mapped) }
    for scalar in UnicodeData.mapping(UnicodeData.decompositions).keys {
      table[Int(scalar)].insert(.mapped)
    }
    for scalar in UnicodeData.mapping(UnicodeData.lowercase).keys {
      table[Int(scalar)].insert(.mapped)
    }
    for scalar in UnicodeData.classes(UnicodeData.combiningClasses).keys {
      table[Int(scalar)].insert(.mapped)
    }
    return table
  }
}

/// Works out the code of every scalar, while a tokenizer is compiled.
struct CharacterCodeBuilder {
  /// BertNormalizer's settings.
  struct Settings: Equatable {
    var cleansText = true
    var isolatesChinese = true
    var stripsAccents = true
    var lowercases = true
  }

  private(set) var codes = [UInt16](repeating: CharacterCode.word, count: 0x11_0000)
  private(set) var records: [UInt32] = []
  private(set) var units: [UInt32] = []
  /// For ASCII: one of `CharacterCode.ascii…` or the letter that it becomes.
  private(set) var ascii: [UInt8] = []

  private let settings: Settings
  private let properties = CharacterProperties.table()
  private let decompositions = UnicodeData.mapping(UnicodeData.decompositions)
  private let lowercase = UnicodeData.mapping(UnicodeData.lowercase)
  private let combining: [UInt32: UInt8]

  init(_ settings: Settings) {
    self.settings = settings
    combining = UnicodeData.classes(UnicodeData.combiningClasses).compactMapValues { UInt8($0) }
    var known: [[UInt32]: UInt16] = [:]
    for scalar in UInt32(0)..<0x11_0000 where !properties[Int(scalar)].isEmpty {
      codes[Int(scalar)] = code(of: scalar, known: &known)
    }
    ascii = (0..<128).map { scalar in
      switch codes[scalar] {
      case CharacterCode.word: UInt8(scalar)
      case CharacterCode.space: CharacterCode.asciiSpace
      case CharacterCode.isolated: CharacterCode.asciiIsolated
      case CharacterCode.firstRecord...: asciiImage(of: codes[scalar])
      default: CharacterCode.asciiDropped
      }
    }
  }

  private mutating func code(of scalar: UInt32, known: inout [[UInt32]: UInt16]) -> UInt16 {
    if settings.cleansText, has(.control, scalar) { return CharacterCode.dropped }
    if has(.space, scalar) { return CharacterCode.space }
    let isChinese = settings.isolatesChinese && has(.chinese, scalar)
    var image = [scalar]
    if settings.stripsAccents {
      if Hangul.syllables.contains(scalar) { return CharacterCode.hangul }
      image = decompositions[scalar] ?? image
      let hasStarter = image.contains { combining[$0] == nil }
      image.removeAll { has(.mark, $0) }
      if image.isEmpty {
        return hasStarter ? CharacterCode.droppedStarter : CharacterCode.dropped
      }
    }
    let result = image.flatMap { unit -> [UInt32] in
      let order = settings.stripsAccents ? combining[unit] ?? 0 : 0
      let small = settings.lowercases ? lowercase[unit] ?? [unit] : [unit]
      return small.map {
        CharacterUnit(
          scalar: $0, combiningClass: order, place: place(of: $0, isChinese: isChinese)
        ).rawValue
      }
    }
    if result.count == 1 {
      if result[0] == scalar { return CharacterCode.word }
      let isolated = CharacterUnit(scalar: scalar, combiningClass: 0, place: .isolated)
      if result[0] == isolated.rawValue { return CharacterCode.isolated }
    }
    if let code = known[result] { return code }
    let code = CharacterCode.firstRecord + UInt16(truncatingIfNeeded: records.count)
    records.append(UInt32(units.count) << 4 | UInt32(result.count))
    units += result
    known[result] = code
    return code
  }

  /// The one ASCII letter that an upper-case one becomes.
  private func asciiImage(of code: UInt16) -> UInt8 {
    let record = records[Int(code - CharacterCode.firstRecord)]
    return UInt8(truncatingIfNeeded: CharacterUnit(rawValue: units[Int(record >> 4)]).scalar)
  }

  private func has(_ property: CharacterProperties, _ scalar: UInt32) -> Bool {
    properties[Int(scalar)].contains(property)
  }

  private func place(of scalar: UInt32, isChinese: Bool) -> CharacterUnit.Place {
    if has(.space, scalar) { return .space }
    return isChinese || has(.punctuation, scalar) ? .isolated : .word
  }
}
