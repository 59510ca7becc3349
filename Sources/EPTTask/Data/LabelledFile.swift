import EPTData
import EPTFormat
import EPTSystem

/// A row as its file has it, before its label is known to be a task's.
struct LabelledRow {
  let values: [String]
  let label: String
  let line: Int
}

/// The rows of one labelled file, read once.
public struct LabelledFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// What the file was found to be: format and header.
  public let title: String
  /// SHA-256 of the file, in hexadecimal.
  public let digest: String
  /// The texts' columns, by name, or by number from 1 without a header.
  let textColumns: [String]
  let labelColumn: String
  let rows: [LabelledRow]
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
    var rows = RowReader(
      ColumnChoice(request: request, header: options.header, path: path), format: reader.format)
    try reader.readAll { try rows.add($0) }
    guard !rows.rows.isEmpty else { throw TaskError.noRows(path: path) }
    self.path = path
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
    try rows.map { row in
      try definition.example(
        values: row.values, label: row.label, path: path, line: row.line)
    }
  }

  /// The rows as examples of `definition`; a label that the task does not know becomes a class beyond
  /// the task's own, which no answer can be.
  ///
  /// - Returns: The examples, and the labels of the further classes.
  func examplesWithUnknown(
    of definition: TaskDefinition
  ) throws -> (examples: [Example], unknown: [String]) {
    var unknown: [String] = []
    var places: [ByteName: Int] = [:]
    let examples = try rows.map { row in
      if definition.isScale || definition.classIndex(row.label) != nil {
        return try definition.example(
          values: row.values, label: row.label, path: path, line: row.line)
      }
      let name = ByteName(row.label)
      let place = places[name] ?? unknown.count
      if place == unknown.count { unknown.append(row.label) }
      places[name] = place
      return Example(values: row.values, label: definition.labels.count + place)
    }
    return (examples, unknown)
  }

  /// Refuses a class that no row of `train` has, since nothing could teach it.
  ///
  /// A scale's numbers are exempt: what lies between two of them is learnt from both.
  ///
  /// - Throws: `TaskError.badRow`, naming the class's first line.
  func requireClasses(of train: LabelledFile, _ definition: TaskDefinition) throws {
    guard !definition.isScale else { return }
    let taught = Set(train.rows.compactMap { definition.classIndex($0.label) })
    let unseen = rows.first { row in
      definition.classIndex(row.label).map { !taught.contains($0) } ?? false
    }
    guard let unseen, let index = definition.classIndex(unseen.label) else { return }
    throw TaskError.badRow(
      path: path, line: unseen.line,
      reason: "no row of \(train.path) has the label \"\(definition.labels[index].word)\";"
        + " add rows with it there, or remove it here")
  }
}
