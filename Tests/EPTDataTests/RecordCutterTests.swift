import EPTTestSupport
import Foundation
import Testing

@testable import EPTData

struct RecordCutterTests {
  @Test("Every line is handed out once, blank and last unended ones included")
  func everyLine() throws {
    #expect(try lines("one\n\n three\r\n\nlast") == ["one", "", " three", "", "last"])
    #expect(try lines("one\n") == ["one"])
    #expect(try lines("").isEmpty)
    #expect(try lines("\n") == [""])
    #expect(
      try lines(String(repeating: "\n", count: 10_000)) == .init(repeating: "", count: 10_000))
  }

  @Test("What is there is handed out without waiting for more")
  func answersAtOnce() throws {
    let pipe = Pipe()
    let reader = RecordCutter(
      TextSource(ByteSource(descriptor: pipe.fileHandleForReading.fileDescriptor, name: "stdin")))
    #expect(try reader.next() == .pause)
    pipe.fileHandleForWriting.write(Data("typed\nhalf".utf8))
    try reader.wait()
    #expect(try reader.next() == .record(RawRecord(number: 1, bytes: Array("typed".utf8))))
    #expect(try reader.next() == .pause)
    pipe.fileHandleForWriting.write(Data(" a line\n".utf8))
    #expect(try reader.next() == .record(RawRecord(number: 2, bytes: Array("half a line".utf8))))
    #expect(try reader.next() == .pause)
    try pipe.fileHandleForWriting.close()
    #expect(try reader.next() == .end)
  }

  @Test("A byte order mark is dropped at the beginning, and only there")
  func byteOrderMark() throws {
    #expect(try lines("\u{FEFF}one\n\u{FEFF}two\n") == ["one", "\u{FEFF}two"])
    #expect(try lines("\u{FEFF}") == [])
    #expect(try lines([0xEF, 0xBB]) == ["\u{FFFD}"])
  }

  @Test("NUL is a character; bytes that are no UTF-8 become U+FFFD; a lone CR ends nothing")
  func oddBytes() throws {
    #expect(try lines([0x61, 0x00, 0x62, 0x0A]) == ["a\u{0}b"])
    #expect(try lines([0x61, 0xFF, 0x62, 0x0A]) == ["a\u{FFFD}b"])
    #expect(try lines("a\rb\r\r\n") == ["a\rb\r"])
  }

  @Test("A line past the limit is handed out without its bytes", arguments: [64, 65, 200_000])
  func tooLong(length: Int) throws {
    let text = "ok\n" + String(repeating: "x", count: length) + "\nok"
    let found = try steps(Array(text.utf8), lineLimit: 64)
    #expect(found.map(\.number) == [1, 2, 3])
    #expect(found.map { $0.fault == nil } == [true, length <= 64, true])
    #expect(found.map(\.bytes.count) == [2, length > 64 ? 0 : length, 2])
  }

  @Test("A line past the limit is told before its end comes, and told once")
  func endless() throws {
    let pipe = Pipe()
    let source = ByteSource(descriptor: pipe.fileHandleForReading.fileDescriptor, name: "stdin")
    let cutter = RecordCutter(TextSource(source), limit: 64)
    pipe.fileHandleForWriting.write(Data("ok\n\(String(repeating: "x", count: 100))".utf8))
    try cutter.wait()
    #expect(try cutter.next() == .record(RawRecord(number: 1, bytes: Array("ok".utf8))))
    #expect(
      try cutter.next() == .record(RawRecord(number: 2, bytes: [], fault: .tooLong(limit: 64))))
    #expect(try cutter.next() == .pause)
    pipe.fileHandleForWriting.write(Data("\(String(repeating: "x", count: 100))\nnext\n".utf8))
    try cutter.wait()
    #expect(try cutter.next() == .record(RawRecord(number: 3, bytes: Array("next".utf8))))
    pipe.fileHandleForWriting.write(Data(String(repeating: "x", count: 100).utf8))
    try cutter.wait()
    #expect(
      try cutter.next() == .record(RawRecord(number: 4, bytes: [], fault: .tooLong(limit: 64))))
    try pipe.fileHandleForWriting.close()
    try cutter.wait()
    #expect(try cutter.next() == .end)
  }

  @Test(
    "gzip and zstd are recognised, of one part or two", arguments: ["one", "two"], ["gz", "zst"])
  func compressed(name: String, format: String) throws {
    #expect(try lines(TestInputs.bytes("\(name).\(format)")) == TestInputs.lines)
  }

  @Test("Compressed bytes may come one at a time", arguments: ["two.gz", "two.zst"])
  func dripping(name: String) throws {
    let bytes = try TestInputs.bytes(name)
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    DispatchQueue.global().async {
      for byte in bytes { writer.write(Data([byte])) }
      try? writer.close()
    }
    #expect(try lines(pipe.fileHandleForReading.fileDescriptor) == TestInputs.lines)
  }

  @Test("Data that is cut or corrupt is told", arguments: ["one.gz", "one.zst"])
  func damaged(name: String) throws {
    let whole = try TestInputs.bytes(name)
    for length in [5, whole.count / 2, whole.count - 1] {
      #expect(throws: DataError.self) { try lines(Array(whole.prefix(length))) }
    }
    var flipped = whole
    flipped[whole.count / 2] ^= 0xFF
    #expect(throws: DataError.self) { try lines(flipped) }
  }

  @Test("A beginning that only looks like compression is text")
  func notCompressed() throws {
    #expect(try lines("(") == ["("])
    #expect(try lines([0x1F]) == ["\u{1F}"])
    #expect(try lines([0x28, 0xB5, 0x0A]) == ["(\u{FFFD}"])
  }

  // MARK: Support

  private func lines(_ text: String) throws -> [String] { try lines(Array(text.utf8)) }

  private func lines(_ bytes: [UInt8]) throws -> [String] { try steps(bytes).map(\.text) }

  private func steps(
    _ bytes: [UInt8], lineLimit: Int = RecordCutter.defaultLimit
  ) throws -> [RawRecord] {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(bytes, to: "input", in: folder)
      let reader = RecordCutter(
        TextSource(try InputFile(path: path).bytes()), limit: lineLimit)
      return try all(reader)
    }
  }

  private func lines(_ descriptor: Int32) throws -> [String] {
    try all(RecordCutter(TextSource(ByteSource(descriptor: descriptor, name: "stdin")))).map(\.text)
  }

  private func all(_ reader: RecordCutter) throws -> [RawRecord] {
    var lines: [RawRecord] = []
    while true {
      switch try reader.next() {
      case .record(let line): lines.append(line)
      case .pause: try reader.wait()
      case .end: return lines
      }
    }
  }
}
