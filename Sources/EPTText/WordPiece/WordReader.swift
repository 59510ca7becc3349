/// BERT's normalizer and pre-tokenizer in one pass: reads a text as normalized words.
///
/// The reference cleans, spaces Chinese characters, decomposes, removes marks and lowers the whole
/// text before it cuts it at white space and punctuation. All of that depends on one scalar at a
/// time, except for the canonical order of marks, so a table says what becomes of each.
struct WordReader: @unchecked Sendable {
  private let codes: ScalarTable<UInt16>
  private let records: UnsafeBufferPointer<UInt32>
  private let units: UnsafeBufferPointer<UInt32>
  private let ascii: UnsafePointer<UInt8>

  /// - Throws: `TextError.invalid` if the tables contradict themselves.
  init(_ reader: TableReader) throws {
    records = try reader.values(.characterRecords, of: UInt32.self)
    units = try reader.values(.characterUnits, of: UInt32.self)
    let ascii = try reader.values(.characterASCII, of: UInt8.self)
    guard ascii.count == 128, let asciiBase = ascii.baseAddress,
      let codes = ScalarTable(
        index: try reader.values(.characterIndex, of: UInt16.self),
        values: try reader.values(.characterCodes, of: UInt16.self))
    else { throw TableReader.fault("the character tables do not fit") }
    self.ascii = asciiBase
    self.codes = codes
  }

  /// Calls `body` with each word of a text in order.
  @inline(__always)
  func read(
    _ input: UnsafeBufferPointer<UInt8>, word: inout WordBuffer,
    _ body: (borrowing WordBuffer) -> Void
  ) {
    guard let bytes = input.baseAddress else { return }
    let end = input.count
    var position = 0
    while position < end {
      let byte = bytes[position]
      if byte < 0x80 {
        position += 1
        let letter = ascii[Int(byte)]
        if letter < 0x80 {
          word.append(ascii: letter)
        } else if letter != CharacterCode.asciiDropped {
          finish(&word, body)
          guard letter == CharacterCode.asciiIsolated else { continue }
          word.append(ascii: byte)
          finish(&word, body)
        }
        continue
      }
      let scalar = UTF8Scalar(bytes, at: position, end: end)
      read(scalar, bytes + position, word: &word, body)
      position += scalar.length
    }
    finish(&word, body)
  }

  private func read(
    _ scalar: UTF8Scalar, _ source: UnsafePointer<UInt8>, word: inout WordBuffer,
    _ body: (borrowing WordBuffer) -> Void
  ) {
    switch codes[scalar.value] {
    case CharacterCode.word: word.append(source, count: scalar.length)
    case CharacterCode.dropped: break
    case CharacterCode.droppedStarter: word.endMarks()
    case CharacterCode.space: finish(&word, body)
    case CharacterCode.isolated:
      finish(&word, body)
      word.append(source, count: scalar.length)
      finish(&word, body)
    case CharacterCode.hangul:
      let jamo = Hangul.decompose(scalar.value)
      word.append(scalar: jamo.leading, combiningClass: 0)
      word.append(scalar: jamo.vowel, combiningClass: 0)
      if jamo.trailing != 0 { word.append(scalar: jamo.trailing, combiningClass: 0) }
    case let code: read(record: code, word: &word, body)
    }
  }

  private func read(
    record code: UInt16, word: inout WordBuffer, _ body: (borrowing WordBuffer) -> Void
  ) {
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
        finish(&word, body)
        word.append(scalar: unit.scalar, combiningClass: 0)
        finish(&word, body)
      case .space:
        finish(&word, body)
      }
    }
  }

  @inline(__always)
  private func finish(_ word: inout WordBuffer, _ body: (borrowing WordBuffer) -> Void) {
    if word.characters > 0 {
      body(word)
      word.removeAll()
    } else {
      word.endMarks()
    }
  }
}
