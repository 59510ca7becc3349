/// A tokenizer of the BERT kind: normalized words, cut greedily into the longest pieces.
final class WordPieceTokenizer: Tokenizer, @unchecked Sendable {
  private let owner: AnyObject & Sendable
  private let pieces: PieceList
  private let template: Template
  private let addedTokens: AddedTokens?
  private let frequent: UnsafeBufferPointer<Int32>
  private let words: DoubleArray
  private let continuations: DoubleArray
  private let unknown: Int32
  private let longestWord: Int
  private let codes: ScalarTable<UInt16>
  private let records: UnsafeBufferPointer<UInt32>
  private let units: UnsafeBufferPointer<UInt32>
  private let ascii: UnsafePointer<UInt8>

  /// No definition asks for words of more characters.
  static let greatestWordLimit = 10_000

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ reader: TableReader) throws {
    owner = reader.owner
    let common = try CommonTables(reader)
    pieces = common.pieces
    template = common.template
    addedTokens = common.addedTokens
    frequent = common.frequent
    let settings = try reader.values(.settings, of: UInt32.self)
    let ascii = try reader.values(.characterASCII, of: UInt8.self)
    records = try reader.values(.characterRecords, of: UInt32.self)
    units = try reader.values(.characterUnits, of: UInt32.self)
    guard settings.count == 2, settings[0] < pieces.count,
      settings[1] > 0, settings[1] <= Self.greatestWordLimit,
      ascii.count == 128, let asciiBase = ascii.baseAddress,
      let words = DoubleArray(try reader.values(.pieceTrie, of: UInt32.self)),
      let continuations = DoubleArray(try reader.values(.continuationTrie, of: UInt32.self)),
      let codes = ScalarTable(
        index: try reader.values(.characterIndex, of: UInt16.self),
        values: try reader.values(.characterCodes, of: UInt16.self))
    else { throw TableReader.fault("the WordPiece model contradicts itself") }
    self.words = words
    self.continuations = continuations
    self.codes = codes
    self.ascii = asciiBase
    unknown = Int32(bitPattern: settings[0])
    longestWord = Int(settings[1])
  }

  var vocabularySize: Int { pieces.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    template.assemble(tokens(of: first), second.map { tokens(of: $0) }, limit: limit)
  }

  func piece(_ id: Int32) -> String? { pieces[id] }

  func frequentPieces(limit: Int) -> [Int32] { Array(frequent.prefix(max(limit, 0))) }

  func tokens(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var output: [Int32] = []
      output.reserveCapacity(bytes.count / 3 + 8)
      var word = WordBuffer(limit: longestWord)
      guard let addedTokens else {
        append(bytes, word: &word, to: &output)
        return output
      }
      addedTokens.split(bytes) { part in
        switch part {
        case .token(let id): output.append(id)
        case .text(let range):
          append(UnsafeBufferPointer(rebasing: bytes[range]), word: &word, to: &output)
        }
      }
      return output
    }
  }

  /// Appends the tokens of a text that holds no added token.
  private func append(
    _ input: UnsafeBufferPointer<UInt8>, word: inout WordBuffer, to output: inout [Int32]
  ) {
    guard let bytes = input.baseAddress else { return }
    let end = input.count
    var position = 0
    while position < end {
      let byte = bytes[position]
      guard byte >= 0x80 else {
        position += 1
        switch ascii[Int(byte)] {
        case 0: break
        case 1: flush(&word, to: &output)
        case 2:
          flush(&word, to: &output)
          word.append(ascii: byte)
          flush(&word, to: &output)
        case let letter: word.append(ascii: letter)
        }
        continue
      }
      let scalar = UTF8Scalar(bytes, at: position, end: end)
      let source = bytes + position
      position += scalar.length
      switch codes[scalar.value] {
      case CharacterCode.word: word.append(source, count: scalar.length)
      case CharacterCode.dropped: break
      case CharacterCode.droppedStarter: word.endMarks()
      case CharacterCode.space: flush(&word, to: &output)
      case CharacterCode.isolated:
        flush(&word, to: &output)
        word.append(source, count: scalar.length)
        flush(&word, to: &output)
      case CharacterCode.hangul:
        let jamo = Hangul.decompose(scalar.value)
        word.append(scalar: jamo.leading, combiningClass: 0)
        word.append(scalar: jamo.vowel, combiningClass: 0)
        if jamo.trailing != 0 { word.append(scalar: jamo.trailing, combiningClass: 0) }
      case let code: append(record: code, word: &word, to: &output)
      }
    }
    flush(&word, to: &output)
  }

  private func append(record code: UInt16, word: inout WordBuffer, to output: inout [Int32]) {
    let number = Int(code) - Int(CharacterCode.firstRecord)
    guard number >= 0, number < records.count else { return }
    let first = Int(records[number] >> 4)
    let last = first + Int(records[number] & 0xF)
    guard last <= units.count else { return }
    for index in first..<last {
      let unit = CharacterUnit(rawValue: units[index])
      switch unit.place {
      case .word:
        word.append(scalar: unit.scalar, combiningClass: unit.combiningClass)
      case .isolated:
        flush(&word, to: &output)
        word.append(scalar: unit.scalar, combiningClass: 0)
        flush(&word, to: &output)
      case .space:
        flush(&word, to: &output)
      }
    }
  }

  /// Appends the pieces of the word and begins a new one.
  ///
  /// From the left, always the longest piece; a word with a rest that no piece begins is unknown
  /// as a whole.
  @inline(__always)
  private func flush(_ word: inout WordBuffer, to output: inout [Int32]) {
    guard word.characters > 0 else {
      word.endMarks()
      return
    }
    let before = output.count
    var isKnown = !word.isTooLong
    var position = 0
    let end = word.bytes.count
    let bytes = UnsafePointer(word.bytes.base)
    while isKnown, position < end {
      let trie = position == 0 ? words : continuations
      if let match = trie.prefix(of: bytes, from: position, to: end, longest: true),
        match.value < pieces.count
      {
        output.append(Int32(truncatingIfNeeded: match.value))
        position += match.length
      } else {
        isKnown = false
      }
    }
    if !isKnown {
      output.removeSubrange(before...)
      output.append(unknown)
    }
    word.removeAll()
  }
}
