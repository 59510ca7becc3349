import EPTFormat
import EPTTestSupport
import Testing

@testable import EPTText

@Suite("Damaged tables")
struct HostileTableTests {
  static let texts = [
    "", "a text with  words, \u{E9}\u{301} \u{FB01} \u{AC00} \u{4E2D} </s> <extra_id_1> [MASK] end",
    "\u{1D165}\u{302E}\u{1F468}\u{200D}\u{1F469}\r\n\0\u{10FFFF}", "Ａｂ½…🙂",
    String(repeating: "ab\u{E9}", count: 300),
  ]

  /// Opens the tables if they can be opened and uses all of them.
  ///
  /// - Returns: whether they could be opened.
  @discardableResult
  private func use(_ tables: [UInt8]) -> Bool {
    do {
      let tokenizer = try TokenizerTables.open(tables)
      for text in Self.texts {
        let encoded = tokenizer.encode(text, text, limit: 50)
        #expect(encoded.ids.count <= 50)
        #expect(encoded.ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
      }
      for id in tokenizer.frequentTokens(limit: 20) { _ = tokenizer.piece(id) }
      return true
    } catch {
      #expect(error is TextError)
      return false
    }
  }

  @Test("Tables that are cut are refused", arguments: ReferenceCase.tiny)
  func cut(_ reference: ReferenceCase) throws {
    let tables = try reference.tables()
    #expect(use(tables))
    let lengths = [0, 1, 8, 23, 24, 100, tables.count / 2, tables.count - 64]
    for length in lengths { #expect(!use(Array(tables.prefix(length)))) }
  }

  @Test("Any changed byte is refused or harmless", arguments: ReferenceCase.tiny)
  func changed(_ reference: ReferenceCase) throws {
    let tables = try reference.tables()
    var generator = SplitMix(state: 4)
    for round in 0..<600 {
      var damaged = tables
      // Every other time in the header and the directory, where most is at stake.
      let bound = round % 2 == 0 ? 512 : tables.count
      for _ in 0..<(1 + generator.below(8)) {
        damaged[generator.below(min(bound, tables.count))] = UInt8(generator.below(256))
      }
      use(damaged)
    }
  }

  @Test("Whole sections of noise are refused or harmless", arguments: ReferenceCase.tiny)
  func noise(_ reference: ReferenceCase) throws {
    let tables = try reference.tables()
    var generator = SplitMix(state: 5)
    for _ in 0..<60 {
      var damaged = tables
      let start = 512 + generator.below(tables.count - 512)
      for index in start..<min(start + 20_000, tables.count) {
        damaged[index] = UInt8(generator.below(256))
      }
      use(damaged)
    }
  }

  @Test("Tables work at an address that is not aligned", arguments: ReferenceCase.tiny)
  func unaligned(_ reference: ReferenceCase) throws {
    let tables = try reference.tables()
    let expected = try TokenizerTables.open(tables).encode("a text")
    let shifted = [0] + tables
    let encoded = try shifted.withUnsafeBytes { bytes in
      let part = UnsafeRawBufferPointer(rebasing: bytes[1...])
      let owner = AlignedBytes(copying: part)
      return try TokenizerTables.open(part, keeping: owner).encode("a text")
    }
    #expect(encoded == expected)
  }

  @Test("Tables of the first kinds are the bytes that files of earlier versions hold")
  func earlierTables() throws {
    // FNV-1a of the tables in `.ept` files that were written before there was a third kind.
    for (golden, hash) in [
      ("tiny-unigram", 0xCF71_C2D5_9A27_C745), ("tiny-wordpiece", 0xCFDB_C889_0974_7FEE),
    ]
      as [(String, UInt64)]
    {
      let tables = try ReferenceCase(golden: golden, files: ["tokenizer.json"]).tables()
      var value = UnitHash()
      for byte in tables { value.add(UInt32(byte)) }
      #expect(value.value == hash, "\(golden)")
    }
  }

  @Test("Scores that are no numbers are refused")
  func scores() throws {
    let tables = try ReferenceCase(golden: "tiny-unigram", files: ["tokenizer.json"]).tables()
    for value in [Double.nan, .infinity, -.infinity] {
      var writer = TableWriter()
      let copy = tables.withUnsafeBytes { AlignedBytes(copying: $0) }
      let reader = try TableReader(copy.bytes, keeping: copy)
      for section in TableSection.allCases where reader.has(section) {
        var bytes = Array(try reader.values(section, of: UInt8.self))
        if section == .scores {
          withUnsafeBytes(of: value.bitPattern.littleEndian) {
            bytes.replaceSubrange(80..<88, with: $0)
          }
        }
        writer.add(section, bytes)
      }
      #expect(!use(writer.bytes(kind: .unigram)))
    }
  }

  @Test("A chain of normalization steps that lengthens texts without bound is refused")
  func growth() throws {
    let tables = try ReferenceCase(
      golden: "tiny-gemma", files: ["tokenizer.json", "tokenizer_config.json"]
    ).tables()
    let copy = tables.withUnsafeBytes { AlignedBytes(copying: $0) }
    let reader = try TableReader(copy.bytes, keeping: copy)
    for times in [1, 5, 20] {
      var writer = TableWriter()
      for section in TableSection.allCases where reader.has(section) {
        var bytes = Array(try reader.values(section, of: UInt8.self))
        // Its one step makes three bytes of each space.
        if section == .normalizerSteps {
          bytes = Array(repeatElement(bytes, count: times).joined())
        }
        writer.add(section, bytes)
      }
      #expect(use(writer.bytes(kind: .bytePair)) == (times <= 5))
    }
  }
}
