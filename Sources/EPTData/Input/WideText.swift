/// Text of two or four bytes a character that no byte order mark tells, or that is not read at all.
///
/// Its first characters are ASCII, as those of a header and of most texts are; what follows cannot be
/// told from other bytes.
struct WideText {
  /// The encoding to name; nil for UTF-32, which is not read.
  let encoding: TextEncoding?

  /// How many bytes are looked at.
  static let length = 8

  /// nil if `bytes`, the first of a file, are something else.
  init?(_ bytes: some Collection<UInt8>) {
    let start = Array(bytes.prefix(Self.length))
    if start.starts(with: [0xFF, 0xFE, 0, 0]) || start.starts(with: [0, 0, 0xFE, 0xFF]) {
      encoding = nil
      return
    }
    let isText = start.allSatisfy {
      [0, 0x09, 0x0A, 0x0D].contains($0) || (0x20..<0x7F).contains($0)
    }
    guard isText else { return nil }
    switch start.map({ $0 == 0 ? "0" : "x" }).joined() {
    case let signs where signs.hasPrefix("x0x0"): encoding = .utf16le
    case let signs where signs.hasPrefix("0x0x"): encoding = .utf16be
    case "x000x000", "000x000x": encoding = nil
    default: return nil
    }
  }

  /// Refuses it.
  ///
  /// - Returns: `DataError.unmarked` or `.foreign`.
  func refusal(of input: String) -> DataError {
    encoding.map { .unmarked(input: input, encoding: $0) }
      ?? .foreign(
        input: input, what: "UTF-32 text", hint: "convert it: `iconv -f utf-32 -t utf-8` does")
  }
}
