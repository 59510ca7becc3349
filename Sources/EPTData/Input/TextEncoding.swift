/// How the bytes of a file stand for characters.
public enum TextEncoding: String, Sendable, CaseIterable {
  /// UTF-8.
  case utf8
  /// Little-endian, as Windows writes it.
  case utf16le
  /// UTF-16, high byte first.
  case utf16be
  /// ISO 8859-1, read as browsers read it: as Windows' code page 1252.
  case latin1

  /// What messages call it.
  var title: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16le, .utf16be: "UTF-16"
    case .latin1: "Latin-1"
    }
  }

  /// The encoding that a byte order mark at the start of `bytes` tells, with the mark's length.
  static func marked(_ bytes: some Collection<UInt8>) -> (encoding: TextEncoding, mark: Int)? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
    if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16le, 2) }
    if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16be, 2) }
    return nil
  }

  /// Whether more bytes after `bytes` may make a byte order mark, or `WideText`.
  static func mayBecomeMark(_ bytes: some Collection<UInt8>) -> Bool {
    let marks: [[UInt8]] = [[0xEF, 0xBB, 0xBF], [0xFF, 0xFE, 0, 0], [0xFE, 0xFF]]
    return marks.contains { bytes.count < $0.count && $0.starts(with: bytes) }
      || (bytes.contains(0) && bytes.count < WideText.length)
  }

  /// Code page 1252 from 0x80 to 0x9F; five places stand for the control characters there.
  static let windows1252: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039,
    0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC,
    0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]
}

/// Turns bytes of one encoding into UTF-8, piece by piece.
///
/// Bytes that stand for no character become a byte that is never part of UTF-8. So the reader
/// treats them as broken UTF-8: a fault if rows are strict, else U+FFFD.
struct Transcoder {
  private static let noText: UInt8 = 0xFF
  private let encoding: TextEncoding
  /// The first byte of a code unit whose second one is still to come.
  private var half: UInt8?
  /// The first half of a surrogate pair.
  private var high: UInt32?

  init(_ encoding: TextEncoding) {
    self.encoding = encoding
  }

  /// Appends what `bytes` stand for to `text`.
  mutating func append(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    switch encoding {
    case .utf8: text.append(contentsOf: bytes)
    case .latin1:
      for byte in bytes {
        let scalar =
          (0x80..<0xA0).contains(byte) ? TextEncoding.windows1252[Int(byte) - 0x80] : UInt32(byte)
        Self.append(scalar, to: &text)
      }
    case .utf16le, .utf16be:
      for byte in bytes {
        guard let first = half else {
          half = byte
          continue
        }
        half = nil
        let unit =
          encoding == .utf16le
          ? UInt32(byte) << 8 | UInt32(first) : UInt32(first) << 8 | UInt32(byte)
        append(unit: unit, to: &text)
      }
    }
  }

  /// Appends a sign for what the end of the text has cut.
  mutating func finish(_ text: inout [UInt8]) {
    if half != nil || high != nil { text.append(Self.noText) }
    (half, high) = (nil, nil)
  }

  private mutating func append(unit: UInt32, to text: inout [UInt8]) {
    if let first = high {
      high = nil
      if (0xDC00..<0xE000).contains(unit) {
        Self.append(0x10000 + (first - 0xD800) << 10 + (unit - 0xDC00), to: &text)
        return
      }
      text.append(Self.noText)
    }
    switch unit {
    case 0xD800..<0xDC00: high = unit
    case 0xDC00..<0xE000: text.append(Self.noText)
    default: Self.append(unit, to: &text)
    }
  }

  private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
    if scalar < 0x80 {
      text.append(UInt8(scalar))
    } else {
      text.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? .init())
    }
  }
}
