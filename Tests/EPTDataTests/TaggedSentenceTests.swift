import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTData

@Suite("Sentences in CoNLL's columns")
struct TaggedSentenceTests {
  private func records(
    _ text: String, name: String = "a.conll", _ options: ReadingOptions = ReadingOptions(),
    limit: Int = DataReader.defaultLimit
  ) throws -> [DataRecord] {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(Array(text.utf8), to: name, in: folder)
      let reader = DataReader(
        try InputFile(path: path), options, isStrict: true, recordLimit: limit)
      var records: [DataRecord] = []
      try reader.readAll { records.append($0) }
      return records
    }
  }

  private func object(_ words: [String], _ tags: [String]) -> DataRecord.Content {
    var members = [JSONMember("tokens", .array(words.map { .string($0) }))]
    if !tags.isEmpty { members.append(JSONMember("tags", .array(tags.map { .string($0) }))) }
    return .object(members)
  }

  @Test func sentencesAndTheirLines() throws {
    let found = try records(
      "\n\n-DOCSTART- O\n \t\na\tX\tO\r\nNew York\tX\tB-L\r\n\r\n\n\nc\n-DOCSTART-\nd")
    #expect(
      found.map(\.content) == [object(["a", "New York"], ["O", "B-L"]), object(["c", "d"], [])])
    #expect(found.map(\.line) == [5, 10])
    #expect(try records("").isEmpty && records(" \n\n").isEmpty)
  }

  @Test(
    "The format is told by name or content",
    arguments: [
      ("a.bio", "a O\n", DataFormat.conll), ("a.iob", "a O\n", .conll),
      ("a", "-DOCSTART- O\n\n", .conll), ("a.txt", "a O\nb B-X\n\nc O\n", .conll),
      ("a.txt", "a\tO\nb\tI-X\n\n", .conll),
      // A table has no empty line.
      ("a.txt", "a\tO\nb\tI-X\n", .tsv), ("a.txt", "so am I\n\nVitamin O\n", .lines),
      ("a.txt", "O\n\nB-X\n", .lines),
    ])
  func formats(name: String, text: String, format: DataFormat) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(Array(text.utf8), to: name, in: folder)
      let reader = DataReader(try InputFile(path: path), ReadingOptions(), isStrict: true)
      try reader.begin()
      #expect(reader.format == format)
    }
  }

  @Test func faultsAndBounds() throws {
    #expect(try records("a O\nb\n\nc O\n")[0].content == .fault(.noTag(word: "b")))
    let long = String(repeating: "word O\n", count: 1000)
    let found = try records(long + "\nb O\n", limit: 100)
    #expect(found.map(\.content) == [.fault(.tooLong(limit: 100)), object(["b"], ["O"])])
    #expect(found[1].line == 1002)
  }

  @Test("Sentences that come byte by byte are the same")
  func byteByByte() throws {
    let text = "a O\r\nb B-X\r\n \r\nc O\n\n\nd O"
    let whole = try records(text)
    #expect(whole.count == 3)
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    DispatchQueue.global().async {
      for byte in text.utf8 { writer.write(Data([byte])) }
      try? writer.close()
    }
    let input = InputFile(
      descriptor: pipe.fileHandleForReading.fileDescriptor, name: "a.conll")
    let reader = DataReader(input, ReadingOptions(), isStrict: true)
    var records: [DataRecord] = []
    try reader.readAll { records.append($0) }
    #expect(records == whole)
  }
}
