import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTData

/// The one reader of records: formats, quotes, encodings, bounds.
struct DataReaderTests {
  private func records(
    _ bytes: [UInt8], name: String = "x", _ options: ReadingOptions = ReadingOptions(),
    isStrict: Bool = true, limit: Int = DataReader.defaultLimit
  ) throws -> (format: DataFormat?, title: String, records: [DataRecord]) {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(bytes, to: name, in: folder)
      let reader = DataReader(
        try InputFile(path: path), options, isStrict: isStrict, recordLimit: limit)
      let records = try all(reader)
      return (reader.format, reader.title, records)
    }
  }

  private func all(_ reader: DataReader) throws -> [DataRecord] {
    var records: [DataRecord] = []
    while true {
      switch try reader.next() {
      case .record(let record): records.append(record)
      case .pause: try reader.wait()
      case .end: return records
      }
    }
  }

  private func contents(
    _ text: String, name: String = "x", _ options: ReadingOptions = ReadingOptions()
  ) throws -> [DataRecord.Content] {
    try records(Array(text.utf8), name: name, options).records.map(\.content)
  }

  @Test(
    "The format is found by name and content",
    arguments: [
      ("a.csv", "text,label\na,b\n", DataFormat.csv), ("a.CSV.gz", "text;label\n", .csv),
      ("a.tsv", "a\tb\n", .tsv), ("a.tsv", "text,label\na,b\n", .csv), ("a.jsonl", "{}\n", .jsonl),
      ("a.ndjson", "{}\n", .jsonl), ("a.json", "{}\n", .jsonl), ("a.json", " [{}]", .json),
      ("a.jsonl", "[\n{}]", .json), ("a.txt", "__label__a b\n", .fastText),
      ("a", "{\"a\": 1}\n", .jsonl), ("a", "[{\"a\": 1}]", .json), ("a", "a\tb\n", .tsv),
      ("a.data", "text,label\na,b\nc,d\n", .csv), ("a", "text;label\na;b\n", .csv),
      ("a.txt", "one, two\nthree\n", .lines), ("a.txt", "[a] remark\n", .lines),
      ("a", "{a} remark\n", .lines), ("a", "", .lines),
    ])
  func formats(name: String, text: String, format: DataFormat) throws {
    #expect(try records(Array(text.utf8), name: name).format == format)
  }

  @Test("Quotes by RFC 4180: separators, line ends and quotes within a text")
  func quotes() throws {
    let text = "text,label\r\n\"a, \"\"b\"\"\nc\",x\r\n\r\nd\"e,y\n\"\",\"z\"\n\"\"\"\",q"
    let found = try records(Array(text.utf8), name: "a.csv").records
    #expect(
      found.map(\.content) == [
        .cells(["text", "label"]), .cells(["a, \"b\"\nc", "x"]), .cells(["d\"e", "y"]),
        .cells(["", "z"]), .cells(["\"", "q"]),
      ])
    #expect(found.map(\.line) == [1, 2, 5, 6, 7])
  }

  @Test("Semicolons, commas and tabs are told apart by the header")
  func separators() throws {
    #expect(try contents("a;b\n1,5;x\n", name: "a.csv")[1] == .cells(["1,5", "x"]))
    #expect(try contents("a,b\n1;5,x\n", name: "a.csv")[1] == .cells(["1;5", "x"]))
    #expect(try contents("a\tb\n\"1,5\t6\"\tx\n", name: "a.csv")[1] == .cells(["1,5\t6", "x"]))
    #expect(try contents("\"a;b;c\",d\n1,x\n", name: "a.csv")[0] == .cells(["a;b;c", "d"]))
  }

  @Test("A quote that is not closed, or closed within a column, is named")
  func badQuotes() throws {
    guard case .fault(.quote(let open)) = try contents("a,b\n\"x,y\nz,w\n", name: "a.csv")[1],
      case .fault(.quote(let within)) = try contents("a,b\n\"x\" y,z\n", name: "a.csv")[1]
    else {
      Issue.record("no fault")
      return
    }
    #expect(open.contains("never closed"))
    #expect(within.contains("column 1"))
  }

  @Test("TSV has no quotes; in UTF-16, as Excel writes it, it has")
  func quotesInTSV() throws {
    #expect(try contents("\"a\"\tb\n", name: "a.tsv") == [.cells(["\"a\"", "b"])])
    let text = "text\tlabel\r\n\"a\t\"\"b\"\"\"\t\u{1F600}\r\n"
    for isLittle in [true, false] {
      let bytes = Self.utf16(text, isLittle: isLittle)
      let found = try records(bytes, name: "a.tsv")
      #expect(
        found.records.map(\.content) == [
          .cells(["text", "label"]), .cells(["a\t\"b\"", "\u{1F600}"]),
        ])
      #expect(found.title.contains("UTF-16"))
    }
  }

  static func utf16(_ text: String, isLittle: Bool) -> [UInt8] {
    ("\u{FEFF}" + text).utf16.flatMap { unit -> [UInt8] in
      let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
      return isLittle ? [low, high] : [high, low]
    }
  }

  @Test("What is cut in UTF-16 is a fault, or becomes U+FFFD where rows are not strict")
  func brokenUTF16() throws {
    let bytes: [UInt8] = [0xFF, 0xFE, 0x3D, 0xD8, 0x61, 0x00, 0x00, 0xDC, 0x62]
    #expect(try records(bytes).records.map(\.content) == [.fault(.notText)])
    #expect(
      try records(bytes, isStrict: false).records.map(\.content) == [
        .line("\u{FFFD}a\u{FFFD}\u{FFFD}")
      ])
  }

  @Test("Latin-1 is read as Windows 1252, and told of where it is not")
  func latin1() throws {
    let bytes: [UInt8] = [0x63, 0x61, 0x66, 0xE9, 0x20, 0x80]
    let options = ReadingOptions(encoding: .latin1)
    #expect(try records(bytes, options).records.map(\.content) == [.line("café €")])
    #expect(try records(bytes).records.map(\.content) == [.fault(.notText)])
    #expect(
      try records(bytes, isStrict: false).records.map(\.content) == [.line("caf\u{FFFD} \u{FFFD}")])
  }

  @Test("Objects: a line each, or the elements of an array over any number of lines")
  func objects() throws {
    let one = JSONMember("a", .string("},["))
    let lines = "{\"a\": \"},[\"}\n \n{\"a\": \"},[\"}"
    #expect(try contents(lines, name: "a.jsonl") == [.object([one]), .object([one])])
    let array = "\n[\n {\"a\":\n \"},[\"},\n{\"a\": \"},[\"}\n]\n"
    let found = try records(Array(array.utf8), name: "a.json").records
    #expect(found.map(\.content) == [.object([one]), .object([one])])
    #expect(found.map(\.line) == [3, 5])
    #expect(try contents("[]", name: "a.json").isEmpty)
  }

  @Test(
    "An array that is cut, or has more than objects, is told",
    arguments: [
      "[{\"a\": 1}", "[{\"a\": 1},", "[{\"a\": 1}, 5]", "[{\"a\": 1}] x", "[{\"a\": 1},,{}]", "[{]",
      "{\n\"a\": 1}", "[", "{\"a\": NaN}",
    ])
  func badArrays(text: String) throws {
    let faults = try contents(text, name: "a.json").filter {
      if case .fault(.notJSON) = $0 { return true }
      return false
    }
    #expect(!faults.isEmpty)
  }

  @Test("fastText and TREC: a label and a text in each line")
  func labelledTexts() throws {
    #expect(
      try contents("__label__a b c\n\n__label__d\te\n", name: "x.txt")
        == [.cells(["b c", "a"]), .cells(["e", "d"])])
    let options = ReadingOptions(format: .labelText)
    #expect(
      try contents("DESC:manner How did it ?\n", options)
        == [.cells(["How did it ?", "DESC:manner"])])
    for (line, options) in [
      ("__label__a __label__b c", ReadingOptions()), ("__label__a b\nc d", ReadingOptions()),
      ("word", options),
    ] {
      guard case .fault(.noLabel)? = try contents(line, options).last else {
        Issue.record("\(line)")
        continue
      }
    }
  }

  @Test("Bytes may come one at a time", arguments: ["csv", "json", "utf16"])
  func dripping(kind: String) throws {
    let table = "text,label\n\"a, \"\"b\"\"\nc\",x\n\"\"\"\",y\n"
    let text = kind == "json" ? "[{\"a\": \"\\\"]},\"}, {\"a\": [1, {}]}]" : table
    let bytes = kind == "utf16" ? Self.utf16(text, isLittle: true) : Array(text.utf8)
    let name = "a." + (kind == "json" ? "json" : "csv")
    let whole = try records(bytes, name: name).records
    #expect(whole.count == (kind == "json" ? 2 : 3))
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    DispatchQueue.global().async {
      for byte in bytes { writer.write(Data([byte])) }
      try? writer.close()
    }
    let input = InputFile(descriptor: pipe.fileHandleForReading.fileDescriptor, name: name)
    #expect(try all(DataReader(input, ReadingOptions(), isStrict: true)) == whole)
  }

  @Test("Any bytes are records or faults of every format", arguments: DataFormat.allCases)
  func anyBytes(format: DataFormat) throws {
    var random = SplitMix(seed: 7)
    let signs = Array("\",;\t\n\r[]{}:\\a1_ ".utf8) + [0x00, 0xC3, 0xFF]
    for _ in 0..<300 {
      let count = Int.random(in: 0...120, using: &random)
      let bytes = (0..<count).map { _ in signs.randomElement(using: &random) ?? 0 }
      for isStrict in [true, false] {
        let options = ReadingOptions(format: format)
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        let found = try records(bytes, options, isStrict: isStrict, limit: 60).records
        #expect(found.allSatisfy { (1...lines).contains($0.line) })
      }
    }
  }

  @Test("A record past the limit keeps no memory, and those after it are read")
  func longRecords() throws {
    let long = String(repeating: "x\ny", count: 100_000)
    for (name, text) in [
      ("a.csv", "a,b\n\"\(long)\",1\nc,d\n"),
      ("a.json", "[{\"a\":1},{\"b\":\"\(long)\"},{\"a\":1}]"),
    ] {
      let found = try records(Array(text.utf8), name: name, limit: 1000).records
      #expect(found.count == 3)
      #expect(found[1].content == .fault(.tooLong(limit: 1000)))
      #expect(found[2].line == (name == "a.csv" ? 100_003 : 100_001))
    }
  }

  @Test("An object of many small members takes no memory without bound")
  func manyMembers() throws {
    let members = (0..<1_000_000).map { "\"\($0)\":0" }.joined(separator: ",")
    guard case .fault(.notJSON(let reason)) = try contents("{\(members)}", name: "a.jsonl")[0]
    else {
      Issue.record("it was read")
      return
    }
    #expect(reason.contains("more values"))
  }

  @Test(
    "What is no text is named",
    arguments: [
      ("PAR1xx", "Parquet"), ("PK\u{3}\u{4}xx", "Excel"), ("BZh9xx", "bzip2"),
      ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
      ("<!DOCTYPE html><html>", "web page"),
    ])
  func foreign(text: String, words: String) {
    #expect {
      try records(Array(text.utf8), name: "train.csv")
    } throws: { ($0 as? DataError).map { "\($0)".contains(words) } ?? false }
  }

  @Test("Columns are found whatever their case and the blanks around them")
  func names() {
    #expect(ColumnNames.index(of: "label", in: ["Text", " LABEL "]) == 1)
    #expect(ColumnNames.index(of: "label", in: ["Label", "label"]) == 1)
    #expect(ColumnNames.index(of: "LABEL", in: ["Label", "label"]) == nil)
    #expect(ColumnNames.repeated(in: ["a", "", "", "b "]) == nil)
    #expect(ColumnNames.repeated(in: ["a", "b ", "a "]) == "a")
  }
}
