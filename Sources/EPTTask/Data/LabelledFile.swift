import EPTData
import EPTFormat
import EPTSystem

/// A row as its file has it, before its label is known to be a task's.
struct LabelledRow {
  /// One text a field, or the words that have tags.
  let values: [String]
  /// The label; of a list its only member, or nothing.
  let label: String
  let line: Int
  /// The members, where the label is a list; the tag of each word.
  var labels: [String]?
}

/// The rows of one labelled file, read once.
public struct LabelledFile: Sendable {
  /// The path as it was given; of standard input its name.
  public let path: String
  /// What the file was found to be: format and header.
  public let title: String
  /// SHA-256 of the file, in hexadecimal.
  public let digest: String
  /// The texts' columns, by name, or by number from 1 without a header.
  let textColumns: [String]
  let labelColumn: String
  let rows: [LabelledRow]
  /// Whether each row is words with a tag each.
  let hasTags: Bool
  /// Rows skipped because the official file is known to be broken there.
  let skippedRows: Int
  /// Whether it is a file that stays, no pipe.
  let canBeReadAgain: Bool
  /// How to read the file again.
  let reading: ReadingOptions

  /// Reads the file at `path`, `-` for standard input, whatever its format.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `DataError` if the file cannot be read.
  init(_ path: String, _ request: ColumnChoice.Request, _ options: ReadingOptions) throws {
    let input = try InputFile(path: path)
    canBeReadAgain = path != "-" && input.size != nil
    let reader = DataReader(input, options, isStrict: true, hashing: true)
    try reader.begin()
    self.path = input.name
    var rows = RowReader(
      ColumnChoice(request: request, header: options.header, path: self.path),
      format: reader.format)
    try reader.readAll { try rows.add($0) }
    guard !rows.rows.isEmpty else { throw TaskError.noRows(path: self.path) }
    let names = (rows.textColumns + [rows.labelColumn]).joined(separator: ", ")
    title =
      switch rows.isHeader {
      case true?: "\(reader.title), with the columns \(names)"
      case false?: "\(reader.title), without a header"
      case nil: "\(reader.title)"
      }
    digest = reader.digest ?? ""
    textColumns = rows.textColumns
    labelColumn = rows.labelColumn
    self.rows = rows.rows
    hasTags = rows.hasTags
    skippedRows = rows.skippedRows
    reading = ReadingOptions(
      format: reader.format, header: rows.isHeader, encoding: options.encoding)
  }

  /// Reads rows of the task `definition`.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `DataError` if the file cannot be read.
  public init(
    _ path: String, _ definition: TaskDefinition, _ options: ReadingOptions = ReadingOptions()
  ) throws {
    try self.init(path, .task(definition.source, fields: definition.fields), options)
  }

  /// The rows as examples of `definition`.
  ///
  /// - Throws: `TaskError.badRow` for a label that is none of the task's.
  func examples(of definition: TaskDefinition) throws -> [Example] {
    var unknown: [String]?
    return try rows.map { try definition.example($0, of: self, unknown: &unknown) }
  }

  /// The rows as examples of `definition`; a label that the task does not know becomes a class beyond
  /// the task's own, which no answer can be.
  ///
  /// - Returns: The examples, and the labels of the further classes.
  func examplesWithUnknown(
    of definition: TaskDefinition
  ) throws -> (examples: [Example], unknown: [String]) {
    var unknown: [String]? = []
    let examples = try rows.map { try definition.example($0, of: self, unknown: &unknown) }
    return (examples, unknown ?? [])
  }

  /// A sentence about rows without a text; nil if there are none.
  var emptyTexts: String? {
    let empty = rows.filter { $0.values.allSatisfy { ColumnNames.trimmed($0).isEmpty } }
    guard let first = empty.first else { return nil }
    return "\(empty.count) of \(rows.count) rows of \(path) have no text, the first in line "
      + "\(first.line)"
  }

  /// Refuses a class that no row of `train` has, since nothing could teach it.
  ///
  /// A scale's numbers are exempt: what lies between two of them is learnt from both.
  ///
  /// - Throws: `TaskError.badRow`, naming the class's first line.
  func requireClasses(of train: LabelledFile, _ definition: TaskDefinition) throws {
    guard !definition.isScale else { return }
    func classes(_ row: LabelledRow) -> [Int] {
      let names =
        switch definition.labelForm {
        case .one: [row.label]
        case .several: definition.labelNames(row)
        case .tags: row.labels ?? []
        }
      return names.compactMap { definition.classIndex($0) }
    }
    let taught = Set(train.rows.flatMap(classes))
    for row in rows {
      guard let unseen = classes(row).first(where: { !taught.contains($0) }) else { continue }
      throw TaskError.badRow(
        path: path, line: row.line,
        reason: "no row of \(train.path) has the label \"\(definition.labels[unseen].word)\";"
          + " add rows with it there, or remove it here")
    }
  }
}
