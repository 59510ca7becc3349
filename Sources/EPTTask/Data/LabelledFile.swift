import EPTFormat
import EPTSystem

/// The rows of one labelled file.
struct LabelledFile {
  let path: String
  let examples: [Example]
  /// Rows passed over because the official file is known to be broken there.
  let skippedRows: Int
  /// The line of each class's first row.
  private let firstLines: [Int: Int]

  /// Reads the file at `path`: TSV with a header, `text<TAB>label` without, or JSONL.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `FormatError` if the file cannot be read.
  init(_ path: String, _ definition: TaskDefinition) throws {
    let file = try Self.open(path)
    self.path = path
    if Self.holdsRecords(path) {
      var reader = JSONLinesReader(path: path, definition: definition)
      try reader.read(file)
      (examples, firstLines, skippedRows) = (reader.examples, reader.firstLines, 0)
    } else {
      var reader = TabSeparatedReader(path: path, definition: definition)
      try reader.read(file)
      (examples, firstLines) = (reader.examples, reader.firstLines)
      skippedRows = reader.skippedRows
    }
    guard !examples.isEmpty else { throw TaskError.noRows(path: path) }
  }

  /// Refuses a class that no row of `train` has, since nothing could teach it.
  ///
  /// A scale's numbers are exempt: what lies between two of them is learnt from both.
  ///
  /// - Throws: `TaskError.badRow`, naming the class's first line.
  func requireClasses(of train: LabelledFile, _ definition: TaskDefinition) throws {
    guard !definition.isScale else { return }
    let unseen = firstLines.filter { train.firstLines[$0.key] == nil }
    guard let first = unseen.min(by: { $0.value < $1.value }) else { return }
    throw TaskError.badRow(
      path: path, line: first.value,
      reason: "no row of \(train.path) has the label \"\(definition.labels[first.key].word)\";"
        + " add rows with it there, or remove it here")
  }

  /// Maps a data file.
  ///
  /// - Throws: `FormatError` if it cannot be read or is a stand-in.
  static func open(_ path: String) throws -> MappedFile {
    let file = try MappedFile(path: path)
    try file.refuseStandIn(for: "a data file")
    return file
  }

  /// Whether `path` names a file of one JSON object a line.
  static func holdsRecords(_ path: String) -> Bool {
    path.hasSuffix(".jsonl") || path.hasSuffix(".json")
  }
}
