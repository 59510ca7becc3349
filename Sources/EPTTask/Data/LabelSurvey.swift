import EPTFormat
import EPTSystem

/// Finds a labelled file's columns, and which labels its rows have.
struct LabelSurvey {
  let path: String
  /// As given; once a file is read, as found.
  private(set) var textColumns: [String]
  /// Once a file is read, the label's column.
  private(set) var labelColumn: String
  /// Rows read.
  private(set) var rows = 0
  /// Each label with the line of its first row.
  private(set) var firstLines: [String: Int] = [:]
  private let givenLabel: String?

  /// Columns that texts usually have, most usual first.
  private static let usualColumns = [
    ["text"], ["sentence"], ["sentence1", "sentence2"], ["question1", "question2"],
    ["premise", "hypothesis"], ["question", "sentence"],
  ]

  init(path: String, textColumns: [String], label: String?) {
    self.path = path
    self.textColumns = textColumns
    givenLabel = label
    labelColumn = label ?? "label"
  }

  /// Reads the labels of all rows.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`.
  mutating func read(_ file: MappedFile) throws {
    if LabelledFile.holdsRecords(path) {
      try readRecords(file)
    } else {
      try readTable(file)
    }
    guard rows > 0 else { throw TaskError.noRows(path: path) }
  }

  private mutating func readRecords(_ file: MappedFile) throws {
    try TextLines(file: file).forEachRecord { record, line in
      if rows == 0 { try findColumns(record.object?.map(\.key) ?? [], line: line) }
      guard let label = record[labelColumn]?.labelText else {
        throw fault(line, "no label \"\(labelColumn)\"")
      }
      try add(label, line: line)
    }
  }

  private mutating func readTable(_ file: MappedFile) throws {
    let lines = TextLines(file: file)
    var place: Int?
    for line in lines where !line.bytes.isEmpty {
      let columns = TextLines.columns(line.bytes)
      if let place {
        // What is wrong with a shorter row, the reader of rows says.
        if place < columns.count {
          try add(lines.text(columns[place], line: line.number), line: line.number)
        }
        continue
      }
      let names = try columns.map { try lines.text($0, line: line.number) }
      if let header = names.firstIndex(of: labelColumn) {
        try findColumns(names, line: line.number)
        place = header
      } else {
        let label = try numberColumns(names, line: line.number)
        try add(names[label], line: line.number)
        place = label
      }
    }
  }

  /// Chooses the texts' columns among a header's or a record's `names`.
  private mutating func findColumns(_ names: [String], line: Int) throws {
    let others = names.filter { $0 != labelColumn }
    if textColumns.isEmpty {
      if let usual = Self.usualColumns.first(where: { $0.allSatisfy(others.contains) }) {
        textColumns = usual
      } else if others.count == 1 {
        textColumns = others
      }
    }
    let missing = (textColumns + [labelColumn]).filter { !names.contains($0) }
    guard !textColumns.isEmpty, missing.isEmpty else {
      let shown = names.prefix(16).joined(separator: ", ")
      throw unclear(
        line,
        missing.isEmpty
          ? "which column is the text? Name it; there are: \(shown)"
          : "there is no column \(missing.joined(separator: ", ")); there are: \(shown)")
    }
  }

  /// Chooses columns by number in a file without header; gives the label's place.
  private mutating func numberColumns(_ names: [String], line: Int) throws -> Int {
    let given = (textColumns + [givenLabel].compactMap { $0 })
    let numbers = given.map { Int($0) }
    guard numbers.allSatisfy({ $0.map { (1...names.count).contains($0) } ?? false }) else {
      throw fault(
        line,
        "the first line is no header with the columns \(given.joined(separator: ", "));"
          + " its columns are: \(names.prefix(16).joined(separator: ", "))")
    }
    if textColumns.isEmpty, givenLabel == nil {
      guard names.count == 2 else {
        throw unclear(
          line,
          "a file without a column `label` must have lines of text, tab, label; this one has"
            + " \(names.count) columns: name them")
      }
      textColumns = ["1"]
    }
    let label = givenLabel.flatMap { Int($0) } ?? names.count
    if textColumns.isEmpty {
      textColumns = (1...names.count).filter { $0 != label }.map(String.init)
    }
    guard !textColumns.isEmpty else {
      throw fault(line, "1 column; a line needs a text and a label with a tab between")
    }
    labelColumn = String(label)
    return label - 1
  }

  private mutating func add(_ label: String, line: Int) throws {
    guard !label.isEmpty else { throw fault(line, "an empty label") }
    rows += 1
    guard firstLines[label] == nil else { return }
    firstLines[label] = line
    guard firstLines.count <= TaskDiscovery.mostClasses else {
      throw fault(
        line,
        "more than \(TaskDiscovery.mostClasses) different labels; "
          + "is `\(labelColumn)` the label's column?")
    }
  }

  private func unclear(_ line: Int, _ reason: String) -> TaskError {
    .unclearColumns(place: "\(path):\(line)", reason: reason)
  }

  private func fault(_ line: Int, _ reason: String) -> TaskError {
    .badRow(path: path, line: line, reason: reason)
  }
}
