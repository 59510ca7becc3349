import Glibc

/// One line of input.
struct InputLine: Equatable {
  /// Its number, from 1.
  let number: Int
  /// Its bytes without the line end; none of a line that is too long.
  let bytes: [UInt8]
  /// Whether it has more bytes than the reader takes.
  var isTooLong = false

  /// Its text; bytes that are no UTF-8 become U+FFFD.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Cuts an input into lines, in memory bounded by the longest line that it takes.
///
/// Only `\n` ends a line; a `\r` before it belongs to the line end, and a byte order mark at the
/// very beginning is dropped. A last line without `\n` is a line.
final class LineReader {
  /// What a call of `next` found.
  enum Step: Equatable {
    case line(InputLine)
    /// The input has no whole line at the moment; `wait` waits for more.
    case pause
    case end
  }

  /// What messages call the input.
  var name: String { source.name }
  private let source: ByteSource
  private let lineLimit: Int
  private var buffer: [UInt8] = []
  /// Where the first line not yet handed out starts in `buffer`.
  private var start = 0
  /// Bytes before it hold no line end that is still to be found.
  private var scanned = 0
  private var isAtEnd = false
  private var isAtBeginning = true
  /// Whether the bytes up to the next line end belong to a line that is too long.
  private var isDropping = false
  private var linesRead = 0

  /// The most bytes that a line may have.
  static let defaultLimit = 1 << 24

  /// Reads from `source`; a line longer than `lineLimit` bytes is handed out without its bytes.
  init(_ source: ByteSource, lineLimit: Int = LineReader.defaultLimit) {
    self.source = source
    self.lineLimit = lineLimit
  }

  /// The next line as far as that needs no waiting.
  ///
  /// - Throws: `InferError.input` or `.compressed`.
  func next() throws -> Step {
    while true {
      if let line = takeLine() { return .line(line) }
      if isAtEnd { return .end }
      guard try source.isReady() else { return .pause }
      try fill()
    }
  }

  /// Waits for more input, after a pause.
  ///
  /// - Throws: `InferError.input` or `.compressed`.
  func wait() throws {
    try fill()
  }

  /// The next whole line in the buffer, or what is left at the end of the input.
  private func takeLine() -> InputLine? {
    let found = buffer.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress, scanned < bytes.count,
        let end = memchr(base + scanned, Int32(UInt8(ascii: "\n")), bytes.count - scanned)
      else { return nil }
      return UnsafeRawPointer(end) - base
    }
    scanned = found.map { $0 + 1 } ?? buffer.count
    let hasRest = start < buffer.count || isDropping
    guard var end = found ?? (isAtEnd && hasRest ? buffer.count : nil) else {
      if buffer.count - start > lineLimit {
        isDropping = true
        start = buffer.count
      }
      return nil
    }
    defer {
      start = scanned
      isDropping = false
    }
    linesRead += 1
    if end > start, buffer[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    if isDropping || end - start > lineLimit {
      return InputLine(number: linesRead, bytes: [], isTooLong: true)
    }
    return InputLine(number: linesRead, bytes: [UInt8](buffer[start..<end]))
  }

  /// Reads once, after moving what is left to the front of the buffer.
  private func fill() throws {
    if start > 0 {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    if try !source.read(into: &buffer) { isAtEnd = true }
    if isAtBeginning { dropByteOrderMark() }
  }

  private func dropByteOrderMark() {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard isAtEnd || buffer.count >= mark.count || !mark.starts(with: buffer) else { return }
    isAtBeginning = false
    if buffer.starts(with: mark) { start = mark.count }
    scanned = max(scanned, start)
  }
}
