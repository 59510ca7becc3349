import EPTData

/// How an input is read, and what its columns are called.
public struct RecordFormat: Sendable, Equatable {
  /// What is known of the input; without a format it is found from name and content.
  public var reading: ReadingOptions
  /// The names of a table's columns; nil where the first line, or nothing, names them.
  public var columns: [String]?

  /// A format, with the names of its columns where no header has them.
  public init(_ reading: ReadingOptions, columns: [String]? = nil) {
    self.reading = reading
    self.columns = columns
  }

  /// A line is a text, or a task's texts between tabs.
  public static let lines = RecordFormat(ReadingOptions(format: .lines))
  /// Tab-separated columns that the first line names.
  public static let header = RecordFormat(ReadingOptions(format: .tsv, header: true))
  /// A JSON object a line; blank lines are skipped.
  public static let jsonl = RecordFormat(ReadingOptions(format: .jsonl))

  /// Tab-separated columns, called by these names.
  public static func columns(_ names: [String]) -> RecordFormat {
    RecordFormat(ReadingOptions(format: .tsv, header: false), columns: names)
  }
}
