import Glibc

/// Finds where records end, in bytes that come piece by piece.
struct RecordSplitter: Sendable {
  private enum Kind: Sendable {
    case lines, table, elements, paragraphs
  }

  private let kind: Kind
  private let separator: UInt8
  /// In a table: whether a quote is open, or was just closed.
  private var isQuoted = false
  private var isFieldStart = true
  /// In an array: open brackets; -1 before the array, -2 after it.
  private var depth = -1
  private var isEscaped = false
  /// Between empty lines: whether the line has nothing so far, and the record.
  private var isLineBlank = true
  private var isRecordBlank = true

  /// A record a line.
  static let lines = RecordSplitter(.lines)
  /// A record an element of the one JSON array that the input is.
  static let elements = RecordSplitter(.elements)
  /// A record the lines between two empty ones.
  static let paragraphs = RecordSplitter(.paragraphs)

  /// A record a line of a table; a quoted column may hold line ends.
  static func table(separator: UInt8) -> RecordSplitter {
    RecordSplitter(.table, separator: separator)
  }

  private init(_ kind: Kind, separator: UInt8 = 0) {
    self.kind = kind
    self.separator = separator
  }

  /// Whether blank records are none, and white space before a record is not part of it.
  var skipsBlanks: Bool { kind == .elements || kind == .paragraphs }

  /// Where the next record of `bytes` ends and the one after it begins, of which the bytes before
  /// `scanned` are known; nil where its end is still to come.
  mutating func end(
    in bytes: UnsafeRawBufferPointer, from scanned: Int
  ) -> (end: Int, next: Int, isRecord: Bool)? {
    switch kind {
    case .lines: Self.lineEnd(in: bytes, from: scanned).map { ($0, $0 + 1, true) }
    case .table: tableEnd(in: bytes, from: scanned)
    case .elements: elementEnd(in: bytes, from: scanned)
    case .paragraphs: paragraphEnd(in: bytes, from: scanned)
    }
  }

  /// What is wrong with an input that ends here.
  var faultAtEnd: DataFault? {
    switch kind {
    case .lines, .paragraphs: nil
    case .table:
      isQuoted
        ? .quote(reason: "a quote opens here and is never closed; close it, or write it twice")
        : nil
    case .elements:
      depth >= 0 ? .notJSON(reason: "the array is not closed; is the file whole?") : nil
    }
  }

  /// Takes note that the input has ended.
  mutating func finish() {
    isQuoted = false
    depth = -2
    (isLineBlank, isRecordBlank) = (true, true)
  }

  private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count,
      let end = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(end) - base
  }

  /// RFC 4180: a quote opens at the start of a column alone; two of them within are one.
  ///
  /// The second of two opens again, which comes to the same.
  private mutating func tableEnd(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> (end: Int, next: Int, isRecord: Bool)? {
    var wasQuote = isEscaped
    for place in start..<max(start, bytes.count) {
      let byte = bytes[place]
      if isQuoted {
        if byte == UInt8(ascii: "\"") {
          isQuoted = false
          wasQuote = true
        }
        continue
      }
      if byte == UInt8(ascii: "\""), isFieldStart || wasQuote {
        isQuoted = true
        isFieldStart = false
        wasQuote = false
        continue
      }
      wasQuote = false
      isFieldStart = byte == separator
      if byte == UInt8(ascii: "\n") {
        (isFieldStart, isEscaped) = (true, false)
        return (place, place + 1, true)
      }
    }
    // A quote at the end of what is there may be the first of two.
    isEscaped = wasQuote
    return nil
  }

  private mutating func paragraphEnd(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> (end: Int, next: Int, isRecord: Bool)? {
    for place in start..<max(start, bytes.count) {
      if bytes[place] > 0x20 { (isLineBlank, isRecordBlank) = (false, false) }
      guard bytes[place] == UInt8(ascii: "\n") else { continue }
      if isLineBlank {
        defer { isRecordBlank = true }
        return (place, place + 1, !isRecordBlank)
      }
      isLineBlank = true
    }
    return nil
  }

  private mutating func elementEnd(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> (end: Int, next: Int, isRecord: Bool)? {
    for place in start..<max(start, bytes.count) {
      let byte = bytes[place]
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isQuoted = true
      case UInt8(ascii: "[") where depth == -1:
        depth = 0
        return (place, place + 1, false)
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        if depth >= 0 { depth += 1 }
      case UInt8(ascii: "]") where depth == 0:
        depth = -2
        return (place, place + 1, hasElement(bytes, to: place))
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if depth > 0 { depth -= 1 }
      case UInt8(ascii: ",") where depth == 0:
        return (place, place + 1, true)
      default: break
      }
    }
    return nil
  }

  /// Whether something stands between the last comma or bracket and `end`.
  private func hasElement(_ bytes: UnsafeRawBufferPointer, to end: Int) -> Bool {
    let last = bytes[..<end].last { $0 > 0x20 }
    return last.map { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: ",") } ?? false
  }
}
