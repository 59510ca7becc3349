import Glibc

/// The bytes of one record.
struct RawRecord: Equatable {
  /// The line in which it begins, from 1.
  let number: Int
  /// Its bytes without the line end; none of a record that cannot be read.
  let bytes: [UInt8]
  /// Why it cannot be read.
  var fault: DataFault?

  /// Its text; bytes that are no UTF-8 become U+FFFD.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Cuts an input into records, in memory bounded by the longest record that it takes.
///
/// Only `\n` ends a line; a `\r` before it belongs to the line end. A last line without `\n` is a
/// line.
final class RecordCutter {
  /// What a call of `next` found.
  enum Step: Equatable {
    case record(RawRecord)
    /// The input has no whole record at the moment; `wait` waits for more.
    case pause
    case end
  }

  /// What messages call the input.
  var name: String { source.name }
  /// SHA-256 of the file, once its end has been read, if the source was asked for it.
  var digest: String? { source.digest }
  /// The encoding of the text, once some of it has been read.
  var encoding: TextEncoding? { source.encoding }

  private let source: TextSource
  private let limit: Int
  private var splitter: RecordSplitter
  private var buffer: [UInt8] = []
  /// Where the first record not yet handed out starts in `buffer`.
  private var start = 0
  /// Bytes before it hold no end of a record that is still to be found.
  private var scanned = 0
  private var isAtEnd = false
  /// Whether the bytes up to the next end belong to a record that was too long, and was handed out.
  private var isDropping = false
  /// Line ends before `start`.
  private var linesRead = 0

  /// The most bytes that a record may have.
  static let defaultLimit = 1 << 24

  /// Reads from `source`.
  ///
  /// A record longer than `limit` bytes is returned without its bytes, as soon as it is known to be
  /// longer, since it may never end.
  init(
    _ source: TextSource, splitting: RecordSplitter = .lines, limit: Int = RecordCutter.defaultLimit
  ) {
    self.source = source
    self.limit = limit
    splitter = splitting
  }

  /// The first bytes of the input, up to a whole line, `limit` bytes or the end of the input,
  /// waiting for them.
  ///
  /// To be asked for before the first record.
  ///
  /// - Throws: `DataError.input` or `.compressed`.
  func beginning(limit: Int) throws -> [UInt8] {
    while !isAtEnd, buffer.count < limit, !hasTextLine { try fill() }
    return Array(buffer.prefix(limit))
  }

  /// Whether a line end comes after something that is not blank.
  private var hasTextLine: Bool {
    guard let first = buffer.firstIndex(where: { $0 > 0x20 }) else { return false }
    return buffer[first...].contains(UInt8(ascii: "\n"))
  }

  /// Says how records end; before the first one.
  func split(by splitter: RecordSplitter) { self.splitter = splitter }

  /// The next record as far as that needs no waiting.
  ///
  /// - Throws: `DataError.input` or `.compressed`.
  func next() throws -> Step {
    while true {
      if let record = takeRecord() { return .record(record) }
      if isAtEnd { return .end }
      guard try source.isReady() else { return .pause }
      try fill()
    }
  }

  /// Waits for more input, after a pause.
  ///
  /// - Throws: `DataError.input` or `.compressed`.
  func wait() throws {
    try fill()
  }

  /// The next whole record in the buffer, or what is left at the end of the input.
  private func takeRecord() -> RawRecord? {
    while true {
      let found = buffer.withUnsafeBytes { splitter.end(in: $0, from: scanned) }
      scanned = found?.next ?? buffer.count
      guard let found else { return isAtEnd ? takeRest() : dropOverlong() }
      let wasDropped = isDropping
      let record = take(to: found.end, next: found.next)
      if found.isRecord, !wasDropped { return record }
    }
  }

  /// What the end of the input has ended.
  private func takeRest() -> RawRecord? {
    let fault = splitter.faultAtEnd
    guard !isDropping, start < buffer.count || fault != nil else { return nil }
    let record = take(to: buffer.count, next: buffer.count)
    splitter.finish()
    if record.fault == nil, let fault {
      return RawRecord(number: record.number, bytes: [], fault: fault)
    }
    let isBlank = record.bytes.allSatisfy { $0 <= 0x20 }
    return splitter.skipsBlanks && isBlank && record.fault == nil ? nil : record
  }

  /// Forgets the bytes of a record that is too long, all of which have been looked through; its fault,
  /// once.
  private func dropOverlong() -> RawRecord? {
    guard isDropping || buffer.count - start > limit else { return nil }
    if splitter.skipsBlanks {
      var first = start
      while first < buffer.count, buffer[first] <= 0x20 { first += 1 }
      linesRead += lineEnds(start..<first)
      start = first
      guard isDropping || buffer.count - start > limit else { return nil }
    }
    let number = linesRead + 1
    linesRead += lineEnds(start..<buffer.count)
    start = buffer.count
    guard !isDropping else { return nil }
    isDropping = true
    return RawRecord(number: number, bytes: [], fault: .tooLong(limit: limit))
  }

  /// Hands out the bytes up to `end`, and begins anew at `next`.
  private func take(to end: Int, next: Int) -> RawRecord {
    var first = start
    if splitter.skipsBlanks {
      while first < end, buffer[first] <= 0x20 { first += 1 }
    }
    let number = linesRead + 1 + lineEnds(start..<first)
    linesRead += lineEnds(start..<next)
    let isTooLong = end - first > limit
    var last = end
    if last > first, buffer[last - 1] == UInt8(ascii: "\r") { last -= 1 }
    let bytes = isTooLong ? [] : [UInt8](buffer[first..<last])
    start = next
    isDropping = false
    return RawRecord(
      number: number, bytes: bytes, fault: isTooLong ? .tooLong(limit: limit) : nil)
  }

  private func lineEnds(_ range: Range<Int>) -> Int {
    buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      var (count, place) = (0, range.lowerBound)
      while place < range.upperBound,
        let end = memchr(base + place, Int32(UInt8(ascii: "\n")), range.upperBound - place)
      {
        count += 1
        place = UnsafeRawPointer(end) - base + 1
      }
      return count
    }
  }

  /// Reads once, after moving what is left to the front of the buffer.
  private func fill() throws {
    if start > 0 {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    if try !source.read(into: &buffer) { isAtEnd = true }
  }
}
