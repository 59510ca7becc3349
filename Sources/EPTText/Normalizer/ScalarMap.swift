/// What becomes of single scalars: they stay, vanish, get spaces around them, or are replaced by a text.
struct ScalarMap: @unchecked Sendable {
  static let kept: UInt16 = 0
  static let removed: UInt16 = 1
  static let isolated: UInt16 = 2
  /// This and larger codes: the record with that number, counted from here.
  static let firstRecord: UInt16 = 8

  private let codes: ScalarTable<UInt16>
  /// Of each replacement its offset in `texts`, times 256, and its length.
  private let records: UnsafeBufferPointer<UInt32>
  private let texts: UnsafeBufferPointer<UInt8>
  /// How many times as long a text can become.
  let growth: Double

  /// Checks that all texts are there.
  init?(
    codes: ScalarTable<UInt16>, records: UnsafeBufferPointer<UInt32>,
    texts: UnsafeBufferPointer<UInt8>
  ) {
    guard records.allSatisfy({ Int($0 >> 8) + Int($0 & 0xFF) <= texts.count }) else { return nil }
    self.codes = codes
    self.records = records
    self.texts = texts
    // The longest replacement in each block, and whether it has scalars that get two spaces.
    let longest = codes.blockValues.map { block in
      block.reduce(into: (length: 0, isIsolated: false)) { longest, code in
        if code == Self.isolated { longest.isIsolated = true }
        let number = Int(code) - Int(Self.firstRecord)
        guard number >= 0, number < records.count else { return }
        longest.length = max(longest.length, Int(records[number] & 0xFF))
      }
    }
    growth = codes.blockNumbers.enumerated().reduce(1) { growth, block in
      let bytes = block.offset == 0 ? 1 : block.offset < 8 ? 2 : block.offset < 256 ? 3 : 4
      let (length, isIsolated) = longest[Int(block.element)]
      return max(growth, Double(max(length, isIsolated ? bytes + 2 : 0)) / Double(bytes))
    }
  }

  /// Appends what `input` becomes.
  func apply(_ input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
    guard let bytes = input.baseAddress else { return }
    var position = 0
    while position < input.count {
      let scalar = UTF8Scalar(bytes, at: position, end: input.count)
      let code = codes[scalar.value]
      if code == Self.kept {
        output.append(bytes + position, count: scalar.length)
      } else if code == Self.isolated {
        output.append(0x20)
        output.append(bytes + position, count: scalar.length)
        output.append(0x20)
      } else if let text = text(of: code), let base = text.baseAddress {
        output.append(base, count: text.count)
      }
      position += scalar.length
    }
  }

  /// The text that replaces `scalar`, nil if it stays or goes.
  @inline(__always)
  func replacement(of scalar: UInt32) -> UnsafeBufferPointer<UInt8>? {
    text(of: codes[scalar])
  }

  @inline(__always)
  private func text(of code: UInt16) -> UnsafeBufferPointer<UInt8>? {
    let number = Int(code) - Int(Self.firstRecord)
    guard number >= 0, number < records.count else { return nil }
    let start = Int(records[number] >> 8)
    return UnsafeBufferPointer(rebasing: texts[start..<start + Int(records[number] & 0xFF)])
  }
}

/// Several scalar maps in a tokenizer's tables, by number.
struct ScalarMapTablesBuilder {
  private var images: [[UInt32: [UInt32]]] = []
  private var index: [UInt16] = []
  private var codes: [UInt16] = []
  private var records: [UInt32] = []
  private var texts: [UInt8] = []
  private var known: [[UInt32]: UInt16] = [:]

  /// The number of the map in which each scalar becomes its image.
  mutating func number(of map: [UInt32: [UInt32]]) -> UInt32 {
    if let known = images.firstIndex(of: map) { return UInt32(known) }
    var table = [UInt16](repeating: ScalarMap.kept, count: 0x11_0000)
    for scalar in map.keys.sorted() {
      let image = map[scalar] ?? []
      table[Int(scalar)] =
        image.isEmpty
        ? ScalarMap.removed : image == [0x20, scalar, 0x20] ? ScalarMap.isolated : record(image)
    }
    let stages = ScalarTableBuilder(table)
    let first = UInt16(codes.count / 256)
    index += stages.index.map { $0 + first }
    codes += stages.values
    images.append(map)
    return UInt32(images.count - 1)
  }

  private mutating func record(_ image: [UInt32]) -> UInt16 {
    if let code = known[image] { return code }
    let text = image.flatMap { UTF8Scalar.encode($0) }
    let code = ScalarMap.firstRecord + UInt16(records.count)
    records.append(UInt32(texts.count) << 8 | UInt32(text.count))
    texts += text
    known[image] = code
    return code
  }

  func add(to writer: inout TableWriter) {
    guard !images.isEmpty else { return }
    writer.add(.scalarMapIndex, values: index)
    writer.add(.scalarMapCodes, values: codes)
    writer.add(.scalarMapRecords, values: records)
    writer.add(.scalarMapTexts, texts)
  }
}

extension ScalarMap {
  /// Reads map `number` of the tables.
  ///
  /// - Throws: `TextError.invalid`.
  init(_ number: UInt32, _ reader: TableReader) throws {
    let index = try reader.values(.scalarMapIndex, of: UInt16.self)
    let blocks = ScalarTable<UInt16>.blocks
    let first = Int(number) * blocks
    guard first <= index.count - blocks,
      let codes = ScalarTable(
        index: UnsafeBufferPointer(rebasing: index[first..<first + blocks]),
        values: try reader.values(.scalarMapCodes, of: UInt16.self)),
      let map = ScalarMap(
        codes: codes, records: try reader.values(.scalarMapRecords, of: UInt32.self),
        texts: try reader.values(.scalarMapTexts, of: UInt8.self))
    else { throw TableReader.fault("a map of characters does not fit") }
    self = map
  }
}
