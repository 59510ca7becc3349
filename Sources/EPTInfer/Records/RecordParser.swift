import EPTFormat

/// How the lines of an input become records.
public enum RecordFormat: Sendable, Equatable {
  /// A line is a text, or a task's texts between tabs.
  case lines
  /// Tab-separated columns, called by these names.
  case columns([String])
  /// Tab-separated columns that the first line names.
  case header
  /// A JSON object a line; blank lines are passed over.
  case jsonl
}

/// Turns lines into records.
struct RecordParser {
  private let format: RecordFormat
  private var columns: [String]?

  init(_ format: RecordFormat) {
    self.format = format
    if case .columns(let names) = format { columns = names }
  }

  /// The record of a line; nil for one that holds none: a header, or a blank line of JSONL.
  ///
  /// - Throws: `RecordFault`; `InferError.header`, naming `input`, if the columns have no names.
  mutating func record(_ line: InputLine, input: String, lineLimit: Int) throws -> Record? {
    guard !line.isTooLong else { throw RecordFault.tooLong(limit: lineLimit) }
    switch format {
    case .lines:
      return Record(line.text)
    case .columns, .header:
      var values = TabSeparated.split(line.text)
      guard let columns else {
        try setColumns(values, input: input)
        return nil
      }
      if line.bytes.isEmpty { values = columns.map { _ in "" } }
      guard values.count == columns.count else {
        throw RecordFault.columns(expected: columns, actual: values.count)
      }
      return Record(fields: zip(columns, values).map { JSONMember($0, .string($1)) })
    case .jsonl:
      let isBlank = line.bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      return isBlank ? nil : try Self.object(line.bytes)
    }
  }

  private mutating func setColumns(_ names: [String], input: String) throws {
    guard Set(names).count == names.count, !names.contains("") else {
      throw InferError.header(
        input: input, reason: "the first line must name each column once")
    }
    columns = names
  }

  private static func object(_ bytes: [UInt8]) throws -> Record {
    let value: JSON
    do {
      value = try bytes.withUnsafeBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      throw RecordFault.notJSON(reason: "\(error)")
    }
    guard let members = value.object else { throw RecordFault.notJSON(reason: "another value") }
    return Record(fields: members)
  }
}
