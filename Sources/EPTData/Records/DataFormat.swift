/// How a file of data is laid out.
public enum DataFormat: String, Sendable, CaseIterable {
  /// A text a line, or a task's texts between tabs.
  case lines
  /// Columns between tabs, never quoted.
  case tsv
  /// Columns by RFC 4180 between commas, semicolons or tabs, which the first line tells apart.
  case csv
  /// A JSON object a line.
  case jsonl
  /// One JSON array of objects.
  case json
  /// `__label__x text`, as fastText has it.
  case fastText = "fasttext"
  /// The label, white space, the text, as TREC has it.
  case labelText = "label-text"
  /// A word a line, its tag in the last column, an empty line after each sentence, as CoNLL-2003 has it.
  case conll

  /// The names of the columns of a format that has a label and a text in each line.
  static let labelledText = ["text", "label"]

  /// What messages call it.
  public var title: String {
    switch self {
    case .lines: "lines"
    case .tsv: "TSV"
    case .csv: "CSV"
    case .jsonl: "JSON, an object a line"
    case .json: "a JSON array of objects"
    case .fastText: "fastText"
    case .labelText: "label and text"
    case .conll: "CoNLL columns"
    }
  }

  /// Whether records are columns, which a header may name.
  public var isTable: Bool { self == .tsv || self == .csv }
  /// Whether records are objects.
  public var isJSON: Bool { self == .jsonl || self == .json }
}

/// What the caller knows of a file; the file tells the rest.
public struct ReadingOptions: Sendable, Equatable {
  /// nil to find it from name and content.
  public var format: DataFormat?
  /// Whether the first line names the columns; nil to find out.
  public var header: Bool?
  /// The encoding of a text without byte order mark; nil for UTF-8.
  public var encoding: TextEncoding?

  /// Says what is known of a file; nil is found out.
  public init(
    format: DataFormat? = nil, header: Bool? = nil, encoding: TextEncoding? = nil
  ) {
    self.format = format
    self.header = header
    self.encoding = encoding
  }
}

/// Finds the format of a file from its name and its first bytes.
struct FormatSniffer {
  /// The file's extension, without one for compression.
  private let ending: String
  /// The first bytes, as UTF-8.
  let bytes: [UInt8]
  private let encoding: TextEncoding?

  /// How many bytes are looked at.
  static let length = 1 << 16

  init(name: String, beginning: [UInt8], encoding: TextEncoding?) {
    let file = name.split(separator: "/").last ?? ""
    var parts = file.split(separator: ".").map { $0.lowercased() }
    if let last = parts.last, ["gz", "zst", "zstd", "gzip"].contains(last) { parts.removeLast() }
    ending = parts.count > 1 ? parts[parts.count - 1] : ""
    bytes = beginning
    self.encoding = encoding
  }

  /// The format of an unnamed text is `lines` where nothing speaks for another.
  var format: DataFormat {
    switch ending {
    case "jsonl", "ndjson", "json":
      return first == UInt8(ascii: "[") ? .json : .jsonl
    case _ where namedSeparator != nil: return .csv
    case "csv": return .csv
    case "conll", "bio", "iob": return .conll
    case "tsv", "tab":
      // Excel's UTF-16 tables have quotes, as its CSV does.
      if encoding != .utf8 { return .csv }
      return line.contains(UInt8(ascii: "\t")) ? .tsv : byContent ?? .tsv
    default: return byContent ?? .lines
    }
  }

  /// What the content alone says.
  private var byContent: DataFormat? {
    switch first {
    case UInt8(ascii: "["):
      let second = bytes.drop { $0 <= 0x20 }.dropFirst().first { $0 > 0x20 }
      if second == UInt8(ascii: "{") { return .json }
    case UInt8(ascii: "{"):
      if bytes.drop(while: { $0 <= 0x20 }).dropFirst().first(where: { $0 > 0x20 })
        == UInt8(ascii: "\"")
      {
        return .jsonl
      }
    default: break
    }
    if line.starts(with: Array("__label__".utf8)) { return .fastText }
    if isTaggedWords { return .conll }
    if line.contains(UInt8(ascii: "\t")) { return encoding == .utf8 ? .tsv : .csv }
    return isCommaTable ? .csv : nil
  }

  /// Whether the beginning is a sentence of CoNLL's columns: lines that end in tags, and an empty line
  /// behind them, which no table has.
  private var isTaggedWords: Bool {
    if line.starts(with: Array(TaggedSentence.documentStart.utf8)) { return true }
    let text = bytes.drop { $0 <= 0x20 }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let end = lines.dropLast().firstIndex(where: { $0.allSatisfy { $0 <= 0x20 } }) else {
      return false
    }
    return lines[..<end].allSatisfy { line in
      let columns = TaggedSentence.columns(String(decoding: line, as: UTF8.self))
      guard columns.count > 1, let tag = columns.last else { return false }
      return tag == "O" || ["B-", "I-"].contains { tag.utf8.starts(with: $0.utf8) }
    }
  }

  /// Whether the first rows have the same number of columns, two or more.
  private var isCommaTable: Bool {
    let lines = firstRows(3)
    guard lines.count > 1 else { return false }
    return [UInt8(ascii: ","), UInt8(ascii: ";")].contains { separator in
      let counts = lines.map { line in
        (try? TableCells.quoted(Array(line), separator: separator))?.count ?? 0
      }
      return counts[0] > 1 && counts.allSatisfy { $0 == counts[0] }
    }
  }

  /// The first rows that are not empty; a line end within quotes ends none.
  private func firstRows(_ count: Int) -> [[UInt8]] {
    var rows: [[UInt8]] = []
    var (start, isQuoted) = (0, false)
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard byte == UInt8(ascii: "\n"), !isQuoted else { continue }
      if place > start { rows.append(Array(bytes[start..<place])) }
      start = place + 1
      if rows.count == count { return rows }
    }
    if start < bytes.count, !isQuoted { rows.append(Array(bytes[start...])) }
    return rows
  }

  /// The first byte that is not blank.
  private var first: UInt8? { bytes.first { $0 > 0x20 } }

  /// The first line that is not blank.
  var line: ArraySlice<UInt8> {
    let text = bytes.drop { $0 <= 0x20 }
    return text.prefix { $0 != UInt8(ascii: "\n") }
  }

  /// The separator that a first line `sep=;` names, which Excel writes and reads.
  var namedSeparator: UInt8? {
    var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    let quote = UInt8(ascii: "\"")
    if line.count == 7, line.first == quote, line.last == quote {
      line = line.dropFirst().dropLast()
    }
    guard line.count == 5, let sign = line.last, sign != quote, sign < 0x7F,
      String(decoding: line.dropLast(), as: UTF8.self).lowercased() == "sep=",
      !Character(Unicode.Scalar(sign)).isLetter, !Character(Unicode.Scalar(sign)).isNumber
    else { return nil }
    return sign
  }

  /// What separates the columns of a CSV file: the sign that its first line has most often outside
  /// of quotes, of equal ones the comma.
  var separator: UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == UInt8(ascii: "\n"), !counts.isEmpty { break }
      if [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")].contains(byte) {
        counts[byte, default: 0] += 1
      }
    }
    var best = UInt8(ascii: ",")
    for other in [UInt8(ascii: ";"), UInt8(ascii: "\t")]
    where counts[other, default: 0] > counts[best, default: 0] {
      best = other
    }
    return best
  }
}
