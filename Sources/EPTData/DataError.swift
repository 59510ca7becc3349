/// What can go wrong while a file of data is read.
public enum DataError: Error, Equatable, Sendable {
  /// A file to read cannot be opened. `reason` is the system's own text.
  case missingInput(path: String, reason: String)
  /// The input cannot be read. `reason` is the system's own text.
  case input(name: String, reason: String)
  /// gzip or zstd data that is cut or corrupt.
  case compressed(input: String, reason: String)
  /// Something else than text: `what` it is, and how to mend that.
  case foreign(input: String, what: String, hint: String)
  /// Text in an encoding that must be named, since no byte order mark tells it.
  case unmarked(input: String, encoding: TextEncoding)
  /// A line that should name the columns does not.
  case header(input: String, line: Int, reason: String)
}

extension DataError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingInput(let path, let reason):
      "cannot open \(path): \(reason)"
    case .input(let name, let reason):
      "cannot read \(name): \(reason)"
    case .compressed(let input, let reason):
      "\(input): \(reason); compress it again"
    case .foreign(let input, let what, let hint):
      "\(input) is \(what); \(hint)"
    case .unmarked(let input, let encoding):
      "\(input) is \(encoding.title) without a byte order mark; name its encoding"
    case .header(let input, let line, let reason):
      "\(input):\(line): \(reason)"
    }
  }
}

/// Why a record of a file cannot be read.
public enum DataFault: Error, Equatable, Sendable {
  /// More bytes than a record may have.
  case tooLong(limit: Int)
  /// No JSON, or no object. `reason` says what instead.
  case notJSON(reason: String)
  /// A quote of a table that is not closed, or not closed at the end of its column.
  case quote(reason: String)
  /// Bytes that are no text in the encoding that the file has.
  case notText
  /// A line without a label in front of its text. `expected` shows one.
  case noLabel(expected: String)
  /// A sentence in columns of which some lines have a tag and others have none. `word` is the first
  /// without.
  case noTag(word: String)
}

extension DataFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLong(let limit):
      "the record exceeds \(limit) bytes; split the text, or close its quote"
    case .notJSON(let reason):
      "not a JSON object: \(reason)"
    case .quote(let reason):
      reason
    case .notText:
      "a text that is not UTF-8, or broken UTF-16; convert the file, or name its encoding"
    case .noLabel(let expected):
      "a line must look like this: \(expected)"
    case .noTag(let word):
      "the word \"\(word)\" has no tag in its line, and other words of its sentence have one"
    }
  }
}
