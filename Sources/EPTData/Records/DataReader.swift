import EPTFormat

/// Reads the records of a file, whatever its format: the one reader of all commands.
///
/// Memory is bounded by the longest record that it takes, 16 MiB by default.
public final class DataReader {
  /// What a call of `next` found.
  public enum Step: Equatable {
    /// The next record.
    case record(DataRecord)
    /// The input has no whole record at the moment; `wait` waits for more.
    case pause
    /// There are no more records.
    case end
  }

  /// The most bytes that a record may have.
  public static let defaultLimit = RecordCutter.defaultLimit

  /// What messages call the input.
  public var name: String { cutter.name }
  /// SHA-256 of the file, once its end has been read, if it was asked for.
  public var digest: String? { cutter.digest }
  /// The format, as given or, once the first record has been asked for, as found.
  public private(set) var format: DataFormat?
  /// What separates columns, once the first record has been asked for.
  public private(set) var separator: UInt8 = UInt8(ascii: "\t")

  private let cutter: RecordCutter
  private let isStrict: Bool
  private var isBegun = false
  /// Whether the first record is Excel's line that names the separator.
  private var skipsFirst = false

  /// Reads `input`.
  ///
  /// - Parameters:
  ///   - input: The file.
  ///   - options: What is known of it.
  ///   - isStrict: Whether bytes that are no text are a fault; else they become U+FFFD.
  ///   - hashing: Whether its SHA-256 is wanted.
  ///   - recordLimit: The most bytes that a record may have.
  public init(
    _ input: InputFile, _ options: ReadingOptions, isStrict: Bool, hashing: Bool = false,
    recordLimit: Int = DataReader.defaultLimit
  ) {
    let source = TextSource(input.bytes(hashing: hashing), encoding: options.encoding)
    cutter = RecordCutter(source, limit: recordLimit)
    format = options.format
    self.isStrict = isStrict
  }

  /// What the file was found to be, in a few words.
  public var title: String {
    guard let format else { return "unread" }
    var words = format.title
    if format == .csv {
      let sign = separator == UInt8(ascii: "\t") ? "tabs" : "`\(Unicode.Scalar(separator))`"
      words += " between \(sign)"
    }
    switch cutter.encoding {
    case .utf16le, .utf16be: words += " in UTF-16"
    case .latin1: words += " in Latin-1"
    case .utf8, nil: break
    }
    return words
  }

  /// Finds the format, waiting for the first line where the name does not tell it.
  ///
  /// - Throws: `DataError`.
  public func begin() throws {
    guard !isBegun else { return }
    isBegun = true
    // Lines and objects come at once; whoever types them waits for answers.
    if format == .lines || format == .jsonl { return }
    let beginning = try cutter.beginning(limit: FormatSniffer.length)
    let sniffer = FormatSniffer(name: name, beginning: beginning, encoding: cutter.encoding)
    try sniffer.refuseForeign(name: name)
    // Whoever names the format gets a fault for each record of what is none of it.
    let isNamed = format != nil
    if isStrict, !isNamed { try sniffer.refuseBinary(name: name) }
    let format = format ?? sniffer.format
    self.format = format
    if !isNamed, !format.isJSON, format != .lines { try sniffer.refuseReturns(name: name) }
    switch format {
    case .csv:
      separator = sniffer.namedSeparator ?? sniffer.separator
      skipsFirst = sniffer.namedSeparator != nil
      cutter.split(by: .table(separator: separator))
    case .json: cutter.split(by: .elements)
    case .conll: cutter.split(by: .paragraphs)
    case .lines, .tsv, .jsonl, .fastText, .labelText: break
    }
  }

  /// The next record as far as that needs no waiting.
  ///
  /// - Throws: `DataError`.
  public func next() throws -> Step {
    try begin()
    while true {
      switch try cutter.next() {
      case .pause: return .pause
      case .end: return .end
      case .record where skipsFirst: skipsFirst = false
      case .record(let raw):
        if let record = record(raw) { return .record(record) }
      }
    }
  }

  /// Waits for more input, after a pause.
  ///
  /// - Throws: `DataError`.
  public func wait() throws {
    try cutter.wait()
  }

  /// Reads all records to the end, in order.
  ///
  /// - Throws: `DataError`, and what `body` throws.
  public func readAll(_ body: (DataRecord) throws -> Void) throws {
    while true {
      switch try next() {
      case .record(let record): try body(record)
      case .pause: try wait()
      case .end: return
      }
    }
  }

  /// The record of `raw`; nil for a line that holds none.
  private func record(_ raw: RawRecord) -> DataRecord? {
    func record(_ content: DataRecord.Content) -> DataRecord {
      DataRecord(line: raw.number, content: content, size: raw.bytes.count)
    }
    if let fault = raw.fault { return record(.fault(fault)) }
    do {
      return try content(raw.bytes).map(record)
    } catch {
      return record(.fault(error))
    }
  }

  private func content(_ bytes: [UInt8]) throws(DataFault) -> DataRecord.Content? {
    switch format {
    case .jsonl, .json:
      let isBlank = bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      if isBlank, format == .jsonl { return nil }
      return .object(try Self.object(bytes))
    case .csv:
      if bytes.isEmpty { return nil }
      return .cells(try texts(try Self.quotedCells(bytes, separator)))
    case .tsv:
      return .cells(try texts(TableCells.plain(bytes, separator: separator)))
    case .fastText:
      return bytes.allSatisfy { $0 <= 0x20 } ? nil : .cells(try Self.fastText(try text(bytes)))
    case .labelText:
      return bytes.allSatisfy { $0 <= 0x20 } ? nil : .cells(try Self.labelText(try text(bytes)))
    case .conll:
      let sentence = try TaggedSentence(try text(bytes))
      return sentence.words.isEmpty ? nil : .object(sentence.members)
    case .lines, nil:
      return .line(try text(bytes))
    }
  }

  private static func quotedCells(
    _ bytes: [UInt8], _ separator: UInt8
  ) throws(DataFault) -> [[UInt8]] {
    do {
      return try TableCells.quoted(bytes, separator: separator)
    } catch let fault as DataFault {
      throw fault
    } catch {
      throw .quote(reason: "\(error)")
    }
  }

  private func texts(_ cells: [[UInt8]]) throws(DataFault) -> [String] {
    var texts: [String] = []
    for cell in cells { texts.append(try text(cell)) }
    return texts
  }

  private func text(_ bytes: [UInt8]) throws(DataFault) -> String {
    guard isStrict else { return String(decoding: bytes, as: UTF8.self) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
    return text
  }

  private static func object(_ bytes: [UInt8]) throws(DataFault) -> [JSONMember] {
    let value: JSON
    do {
      value = try bytes.withUnsafeBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      if bytes.count == 1, bytes[0] == UInt8(ascii: "{") {
        throw .notJSON(
          reason: "it goes on in the next line; write each object in one line, or all in an array")
      }
      throw .notJSON(reason: "\(error)" + slip(in: bytes))
    } catch {
      throw .notJSON(reason: "\(error)")
    }
    switch value {
    case .object(let members): return members
    case .array:
      throw .notJSON(
        reason: bytes.count > 2 && bytes.contains(UInt8(ascii: "{"))
          ? "an array; a file that is one array has it alone" : "another value")
    default: throw .notJSON(reason: "another value")
    }
  }

  /// What is often meant by text that is no JSON, after a semicolon.
  private static func slip(in bytes: [UInt8]) -> String {
    let marks = bytes.filter { $0 > 0x20 }
    if marks.last == UInt8(ascii: ",") { return "; a line has no comma behind its object" }
    if marks.starts(with: Array("{'".utf8)) { return "; JSON has double quotes alone" }
    let hasNaN = String(decoding: bytes, as: UTF8.self).contains("NaN")
    return hasNaN ? "; JSON has no NaN, write null" : ""
  }

  /// `__label__x text` as text and label.
  private static func fastText(_ line: String) throws(DataFault) -> [String] {
    let mark = "__label__"
    let words = line.unicodeScalars.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
    guard let first = words.first.map({ String($0) }), first.hasPrefix(mark),
      first.count > mark.count
    else { throw .noLabel(expected: "\(mark)name text") }
    let text = words.count > 1 ? String(words[1]) : ""
    guard !text.hasPrefix(mark) else {
      throw .noLabel(expected: "\(mark)name text, with one label; this line has two")
    }
    return [text, String(first.dropFirst(mark.count))]
  }

  /// `label text` as text and label.
  private static func labelText(_ line: String) throws(DataFault) -> [String] {
    let words = line.unicodeScalars.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
    guard words.count == 2 else { throw .noLabel(expected: "label text") }
    return [String(words[1]), String(words[0])]
  }
}

extension DataFormat {
  /// The names that the columns have without a header; nil where they have none.
  public var fixedNames: [String]? {
    self == .fastText || self == .labelText ? DataFormat.labelledText : nil
  }
}
