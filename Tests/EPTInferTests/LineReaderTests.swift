import Foundation
import Testing

@testable import EPTInfer

struct LineReaderTests {
  @Test("Every line is handed out once, blank and last unended ones included", arguments: 1...4)
  func everyLine(limit: Int) throws {
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(Data("one\n\n three\r\n\nlast".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(try allLines(of: pipe, limit: limit) == ["one", "", " three", "", "last"])
  }

  @Test("An ended last line is followed by no other")
  func endedLastLine() throws {
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(Data("one\n".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(try allLines(of: pipe, limit: 8) == ["one"])
  }

  @Test("An empty input has no lines")
  func emptyInput() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.close()
    #expect(try allLines(of: pipe, limit: 8).isEmpty)
  }

  @Test("What is there is handed out without waiting for more")
  func answersAtOnce() throws {
    let pipe = Pipe()
    let reader = LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor, name: "stdin")
    pipe.fileHandleForWriting.write(Data("typed\nhalf".utf8))
    #expect(try reader.nextLines(limit: 8) == [InputLine(number: 1, text: "typed")])
    pipe.fileHandleForWriting.write(Data(" a line\n".utf8))
    #expect(try reader.nextLines(limit: 8) == [InputLine(number: 2, text: "half a line")])
    try pipe.fileHandleForWriting.close()
  }

  @Test("Bytes that are no UTF-8 become replacement characters")
  func illFormed() throws {
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(Data([0x61, 0xFF, 0x62, 0x0A]))
    try pipe.fileHandleForWriting.close()
    #expect(try allLines(of: pipe, limit: 1) == ["a\u{FFFD}b"])
  }

  @Test("A line past the limit is refused by its number")
  func tooLong() throws {
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(Data(("ok\n" + String(repeating: "x", count: 100)).utf8))
    let reader = LineReader(
      descriptor: pipe.fileHandleForReading.fileDescriptor, name: "stdin", lineLimit: 64)
    #expect(try reader.nextLines(limit: 1).count == 1)
    #expect(throws: InferError.lineTooLong(input: "stdin", line: 2, limit: 64)) {
      try reader.nextLines(limit: 1)
    }
    try pipe.fileHandleForWriting.close()
  }

  private func allLines(of pipe: Pipe, limit: Int) throws -> [String] {
    let reader = LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor, name: "stdin")
    var lines: [String] = []
    while case let batch = try reader.nextLines(limit: limit), !batch.isEmpty {
      #expect(batch.count <= limit)
      lines += batch.map(\.text)
    }
    return lines
  }
}
