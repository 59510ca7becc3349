import EPTData
import EPTFormat

/// Turns what a file holds into records to answer.
struct RecordParser {
  private let header: Bool?
  private var columns: [String]?
  /// Whether the first line is to be skipped, since the caller names the columns.
  private var skipsHeader: Bool
  /// Whether columns have no names.
  private var isNameless = false

  init(_ format: RecordFormat) {
    header = format.reading.header
    columns = format.columns
    skipsHeader = columns != nil && header == true
  }

  /// Makes the record to answer.
  ///
  /// - Parameters:
  ///   - record: What the file holds.
  ///   - format: Of the file, where that names its columns.
  ///   - prompts: The fields of each prompt, by which a header is known.
  ///   - input: What messages call the file.
  /// - Returns: The record; nil for a header.
  /// - Throws: `RecordFault`; `DataError.header` for a header that names a column twice.
  mutating func record(
    _ record: DataRecord, _ format: DataFormat?, prompts: [[Field]], input: String
  ) throws -> Record? {
    switch record.content {
    case .fault(let fault): throw RecordFault.unreadable(fault)
    case .line(let text): return Record(text)
    case .object(let members): return Record(fields: members)
    case .cells(let cells):
      if skipsHeader {
        skipsHeader = false
        return nil
      }
      if columns == nil, let fixed = format?.fixedNames { columns = fixed }
      if columns == nil, !isNameless, try begin(cells, record.line, prompts, input) { return nil }
      return try Self.record(cells, columns: columns)
    }
  }

  /// Looks at the first line of a table; true if it is a header.
  private mutating func begin(
    _ names: [String], _ line: Int, _ prompts: [[Field]], _ input: String
  ) throws -> Bool {
    guard header ?? isHeader(names, prompts) else {
      isNameless = true
      return false
    }
    if let name = ColumnNames.repeated(in: names) {
      throw DataError.header(
        input: input, line: line,
        reason: "two columns are called \"\(name.prefix(40))\"; rename one, or name all columns")
    }
    guard names.contains(where: { !ColumnNames.trimmed($0).isEmpty }) else {
      throw DataError.header(
        input: input, line: line, reason: "the first line must name the columns")
    }
    columns = names
    return true
  }

  /// Whether `names` name what a prompt reads, or cannot be a row of any.
  private func isHeader(_ names: [String], _ prompts: [[Field]]) -> Bool {
    let members = names.map { JSONMember($0, .null) }
    if prompts.contains(where: { $0.allSatisfy { $0.key(in: members) != nil } }) { return true }
    return !prompts.contains { fields in
      fields.count == names.count || fields.allSatisfy { Int($0.column) != nil }
    }
  }

  private static func record(_ cells: [String], columns: [String]?) throws -> Record {
    guard let columns else { return Record(cells: cells) }
    var values = cells
    if cells == [""] { values = columns.map { _ in "" } }
    guard values.count == columns.count else {
      throw RecordFault.columns(expected: columns, actual: values.count)
    }
    return Record(fields: zip(columns, values).map { JSONMember($0, .string($1)) })
  }
}
