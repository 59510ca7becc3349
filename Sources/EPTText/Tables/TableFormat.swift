/// The binary form of a compiled tokenizer: little-endian, used in place.
///
/// ```
/// 0   8 bytes  "EPTTOKEN"
/// 8   u32      version, 1 or 2
/// 12  u32      kind: 1 Unigram, 2 WordPiece, 3 BPE
/// 16  u32      number of sections
/// 20  u32      0
/// 24  sections: u32 name, u32 0, u64 offset, u64 length in bytes
/// ```
///
/// Each section starts at a multiple of 64 bytes from the beginning.
enum TableFormat {
  static let magic: [UInt8] = Array("EPTTOKEN".utf8)
  /// Version 2 has what programs that know version 1 only would skip: other sections, kind 3.
  static let versions: ClosedRange<UInt32> = 1...2
  static let headerSize = 24
  static let entrySize = 24
  static let alignment = 64
  /// More sections than any kind has.
  static let maximumSections = 64
}

/// What the tables are for.
enum TableKind: UInt32 {
  case unigram = 1
  case wordPiece = 2
  case bytePair = 3

  /// The least version that says what tables with `sections` mean.
  func version(_ sections: [TableSection]) -> UInt32 {
    let first: [ClosedRange<UInt32>] =
      switch self {
      case .unigram: [1...9, 16...23]
      case .wordPiece: [1...8, 32...37]
      case .bytePair: []
      }
    return sections.allSatisfy { section in first.contains { $0.contains(section.rawValue) } }
      ? 1 : 2
  }
}

/// The names of the sections.
enum TableSection: UInt32, CaseIterable {
  /// u32 values, in the order of the kind's own settings type.
  case settings = 1
  /// u32 `[pieces + 1]`: where each piece starts in `pieceBytes`.
  case pieceOffsets = 2
  /// The pieces' UTF-8.
  case pieceBytes = 3
  /// A double array from UTF-8 to id.
  case pieceTrie = 4
  /// i32 ids of ordinary pieces, most frequent first.
  case frequentTokens = 5
  /// u32 pairs: number of items of the single and of the pair template, then kind, id and
  /// token type of each item.
  case template = 6
  /// u32 pairs: id and flags of each added token.
  case addedTokens = 7
  /// A double array from the text of an added token to its place in `addedTokens`.
  case addedTrie = 8
  /// The same for tokens that are looked for after normalization.
  case normalizedAddedTrie = 9
  /// u16 `[4352]` and u8: 1 for each scalar that no added token that is a whole word stands beside.
  case wordIndex = 10
  case wordScalars = 11

  /// f64 `[pieces]`: log-probability of each piece.
  case scores = 16
  /// u32 groups: kind and four arguments of each normalization step.
  case normalizerSteps = 17
  /// Texts that normalization steps refer to.
  case normalizerTexts = 18
  /// A double array from UTF-8 to offsets in `mapTexts`.
  case mapTrie = 19
  /// Replacement texts, each ended by a zero byte.
  case mapTexts = 20
  /// u8 `[128]`: what becomes of an ASCII character that stands alone.
  case mapASCII = 21
  /// u16 `[4352]` and u8: grapheme cluster class of each scalar.
  case graphemeIndex = 22
  case graphemeClasses = 23

  /// A double array from UTF-8, without the continuation prefix, to id.
  case continuationTrie = 32
  /// u16 `[4352]` and u16: what becomes of each scalar.
  case characterIndex = 33
  case characterCodes = 34
  /// u32: place and number of units of each replacement.
  case characterRecords = 35
  /// u32: scalars with class and combining class.
  case characterUnits = 36
  /// u8 `[128]`: what becomes of an ASCII character.
  case characterASCII = 37

  /// u16 `[4352 × maps]` and u16: the code of each scalar in each scalar map.
  case scalarMapIndex = 40
  case scalarMapCodes = 41
  /// u32: offset × 256 and length of each replacement.
  case scalarMapRecords = 42
  case scalarMapTexts = 43
  /// u16 `[4352]` and u8: what each scalar is to the canonical forms.
  case canonicalIndex = 44
  case canonicalClasses = 45
  /// u32 groups: first part, second part and composite.
  case canonicalPairs = 46
  /// u32 groups: number of classes, first transition and number of transitions of each pattern.
  case patternHeaders = 48
  /// u16 `[4352 × patterns]` and u8: the class of each scalar in each pattern.
  case patternIndex = 49
  case patternClasses = 50
  /// u16 `[states, classes + 1]` of each pattern.
  case patternTransitions = 51
  /// u32 groups: kind and two arguments of each step of the pre-tokenizer.
  case preTokenizerSteps = 52
  /// u32 `[256]`: the piece for each byte, all bits set where there is none.
  case bytePieces = 56
  /// u32 groups: left piece, right piece and rank of each pair that merges, a hash table.
  case mergeSlots = 57
  /// u32: the piece that the pair of each rank becomes.
  case mergedPieces = 58
}
