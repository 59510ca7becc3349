import Glibc

/// One line of input.
public struct InputLine: Sendable, Equatable {
  /// Its number, from 1.
  public let number: Int
  /// Its text without the line end; bytes that are no UTF-8 become U+FFFD.
  public let text: String
}

/// Reads lines from a descriptor in bounded memory, as many at a time as are there.
///
/// Someone who types gets an answer after each line, and a pipe that is full fills batches.
public final class LineReader {
  /// What messages call the input.
  public let name: String
  private let descriptor: Int32
  private let lineLimit: Int
  private var buffer: [UInt8] = []
  /// Where the first line not yet handed out starts in `buffer`.
  private var start = 0
  /// Bytes before it hold no line end that is still to be found.
  private var scanned = 0
  private var isAtEnd = false
  private var linesRead = 0

  /// Reads from `descriptor`; a line longer than `lineLimit` bytes is an error.
  public init(descriptor: Int32, name: String, lineLimit: Int = 1 << 24) {
    self.descriptor = descriptor
    self.name = name
    self.lineLimit = lineLimit
  }

  /// Waits for a line, then takes what is there at once: at most `limit` lines, none at the end.
  ///
  /// A last line without a line end is a line; a `\r` before `\n` belongs to the line end.
  ///
  /// - Throws: `InferError.lineTooLong` or `.input`.
  public func nextLines(limit: Int) throws -> [InputLine] {
    var lines: [InputLine] = []
    while lines.count < limit {
      if let line = takeLine() {
        lines.append(line)
      } else if isAtEnd {
        break
      } else {
        guard buffer.count - start <= lineLimit else {
          throw InferError.lineTooLong(input: name, line: linesRead + 1, limit: lineLimit)
        }
        guard try lines.isEmpty || canReadNow() else { break }
        try fill()
      }
    }
    return lines
  }

  /// The next whole line in the buffer, or what is left at the end of the input.
  private func takeLine() -> InputLine? {
    let found = buffer.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress, scanned < bytes.count,
        let end = memchr(base + scanned, Int32(UInt8(ascii: "\n")), bytes.count - scanned)
      else { return nil }
      return UnsafeRawPointer(end) - base
    }
    scanned = buffer.count
    guard var end = found ?? (isAtEnd && start < buffer.count ? buffer.count : nil) else {
      return nil
    }
    let next = found == nil ? end : end + 1
    if end > start, buffer[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    linesRead += 1
    let text = buffer.withUnsafeBytes { String(decoding: $0[start..<end], as: UTF8.self) }
    start = next
    scanned = next
    return InputLine(number: linesRead, text: text)
  }

  private func canReadNow() throws -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&request, 1, 0)
    if ready < 0, errno != EINTR { throw failure() }
    return ready > 0
  }

  /// Reads once, after moving what is left to the front of the buffer.
  private func fill() throws {
    if start > 0 {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        buffer += chunk[..<count]
        return
      }
      if count == 0 {
        isAtEnd = true
        return
      }
      if errno != EINTR { throw failure() }
    }
  }

  private func failure() -> InferError {
    .input(name: name, reason: String(cString: strerror(errno)))
  }
}
