import EPTTestSupport
import Testing

@testable import EPTData

@Suite("Encodings and separators that a file does not tell as others do")
struct EncodingTests {
  private static let table = "text;label\na;yes\n"

  /// `text` with `width` bytes a character, without a mark.
  private static func wide(_ text: String, _ width: Int, isLittle: Bool) -> [UInt8] {
    text.utf8.flatMap { byte -> [UInt8] in
      let zeros = [UInt8](repeating: 0, count: width - 1)
      return isLittle ? [byte] + zeros : zeros + [byte]
    }
  }

  private func read(
    _ bytes: [UInt8], name: String = "x.csv", _ options: ReadingOptions = ReadingOptions()
  ) throws -> (title: String, contents: [DataRecord.Content], lines: [Int]) {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(bytes, to: name, in: folder)
      let reader = DataReader(try InputFile(path: path), options, isStrict: true)
      var records: [DataRecord] = []
      try reader.readAll { records.append($0) }
      return (reader.title, records.map(\.content), records.map(\.line))
    }
  }

  private func fault(_ bytes: [UInt8], _ options: ReadingOptions) -> DataError? {
    do {
      _ = try read(bytes, options)
      return nil
    } catch {
      return error as? DataError
    }
  }

  @Test(
    "UTF-16 without a byte order mark is told, whatever reads it, and read where it is named",
    arguments: [TextEncoding.utf16le, .utf16be], [DataFormat.lines, .csv, .jsonl])
  func unmarked(encoding: TextEncoding, format: DataFormat) throws {
    let bytes = Self.wide(Self.table, 2, isLittle: encoding == .utf16le)
    guard case .unmarked(_, let found)? = fault(bytes, ReadingOptions(format: format)) else {
      Issue.record("read")
      return
    }
    #expect(found == encoding)
    let options = ReadingOptions(format: .csv, encoding: encoding)
    #expect(
      try read(bytes, options).contents == [.cells(["text", "label"]), .cells(["a", "yes"])])
  }

  @Test("UTF-32 is refused, with a mark and without, and never taken for UTF-16")
  func utf32() {
    let little = Self.wide(Self.table, 4, isLittle: true)
    let big = Self.wide(Self.table, 4, isLittle: false)
    for bytes in [little, big, [0xFF, 0xFE, 0, 0] + little, [0, 0, 0xFE, 0xFF] + big] {
      for format in [DataFormat.lines, .csv] {
        guard case .foreign(_, "UTF-32 text", _)? = fault(bytes, ReadingOptions(format: format))
        else {
          Issue.record("read as \(format)")
          return
        }
      }
    }
  }

  @Test("A zero byte within a text of lines is no sign of an encoding")
  func zeroInText() throws {
    let lines = ReadingOptions(format: .lines)
    #expect(try read(Array("a\0\n".utf8), lines).contents == [.line("a\0")])
    #expect(try read([0], lines).contents == [.line("\0")])
    #expect(try read(Array("ab\0c de\0f".utf8), lines).contents == [.line("ab\0c de\0f")])
  }

  @Test("Bytes that are no text are said to be none")
  func noText() {
    for name in ["x", "x.csv", "x.tsv"] {
      for bytes in [
        [UInt8](repeating: 0, count: 64), [0x7F] + Array("ELF\u{2}\0\0\0".utf8),
        [0xD0, 0x0C, 0, 0, 0, 0, 0, 0] + Array("{\"a\":1}".utf8),
      ] {
        #expect {
          try read(bytes, name: name)
        } throws: { "\($0)".contains("is no text") }
      }
    }
    #expect {
      try read([0x89, 0x45, 0x50, 0x42, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0], name: "x")
    } throws: { "\($0)".contains("is a bundle") }
  }

  @Test(
    "Excel's first line names the separator and is no row",
    arguments: [
      ("sep=;\n", ";"), ("SEP=;\r\n", ";"), ("\"sep=;\"\n", ";"), ("\u{FEFF}sep=|\n", "|"),
      ("sep=\t\n", "\t"), ("sep=,\n", ","),
    ])
  func namedSeparator(line: String, sign: String) throws {
    let text = line + Self.table.replacing(";", with: sign) + "\"a,;|\t\"\(sign)no\n"
    for name in ["x.csv", "x.txt", "x.tsv"] {
      let found = try read(Array(text.utf8), name: name)
      #expect(
        found.contents == [
          .cells(["text", "label"]), .cells(["a", "yes"]), .cells(["a,;|\t", "no"]),
        ], "\(name)")
      #expect(found.lines == [2, 3, 4])
    }
  }

  @Test("Lines that a carriage return alone ends are told, and are no fault of JSON")
  func returns() throws {
    for name in ["x", "x.csv", "x.tsv"] {
      #expect {
        try read(Array("text\tlabel\ra\tyes\rb\tno\r".utf8), name: name)
      } throws: { "\($0)".contains("old Mac") }
    }
    #expect(try read(Array("{\"a\":\r1}\r".utf8), name: "x.jsonl").contents.count == 1)
    #expect(try read(Array("text\r".utf8), name: "x.csv").contents == [.cells(["text"])])
    #expect(try read(Array("a\rb\tc".utf8), name: "x.tsv").contents == [.cells(["a\rb", "c"])])
  }

  @Test(
    "What is often meant by a line that is no JSON is told",
    arguments: [
      ("{\"a\": 1},", "no comma behind"), ("{'a': 1}", "double quotes"), ("{\"a\": NaN}", "no NaN"),
    ])
  func slips(line: String, words: String) throws {
    guard
      case .fault(.notJSON(let reason))? = try read(Array(line.utf8), name: "x.jsonl").contents
        .first
    else {
      Issue.record("read")
      return
    }
    #expect(reason.contains(words))
  }
}
