import EPTFormat
import EPTSystem

/// Reads rows of tab-separated columns, in which nothing is quoted.
struct TabSeparatedReader {
  let definition: TaskDefinition
  let path: String
  private(set) var examples: [Example] = []
  private(set) var skippedRows = 0
  /// The line of each class's first row.
  private(set) var firstLines: [Int: Int] = [:]
  private var layout: Layout?

  /// Which columns hold what.
  private struct Layout {
    /// How many columns every row has.
    let count: Int
    /// The column of each field.
    let fields: [Int]
    let label: Int
  }

  init(path: String, definition: TaskDefinition) {
    self.path = path
    self.definition = definition
  }

  /// Reads all rows of `file`.
  ///
  /// - Throws: `TaskError.badRow`.
  mutating func read(_ file: MappedFile) throws {
    // Empty lines count only if a row follows them.
    var firstEmptyLine: Int?
    let lines = TextLines(file: file)
    for line in lines {
      if line.bytes.isEmpty {
        firstEmptyLine = firstEmptyLine ?? line.number
        continue
      }
      if let empty = firstEmptyLine, !definition.source.skipsBrokenRows {
        throw fault(empty, "an empty line between rows; remove it")
      }
      let columns = TextLines.columns(line.bytes)
      if let layout {
        try add(columns, of: lines, layout, line: line.number)
      } else {
        try begin(columns, of: lines, line: line.number)
      }
    }
  }

  /// Finds the columns in the first line, which is a header or already a row.
  private mutating func begin(
    _ columns: [Slice<UnsafeRawBufferPointer>], of lines: TextLines, line: Int
  ) throws {
    let names = try columns.map { try lines.text($0, line: line) }
    let source = definition.source
    if let header = header(names, source.columns, source.label)
      ?? header(names, definition.fields, "label")
    {
      layout = header
      return
    }
    let numbers = (source.columns + [source.label]).compactMap { Int($0) }
    if numbers.count == source.columns.count + 1,
      numbers.allSatisfy({ (1...names.count).contains($0) })
    {
      layout = Layout(
        count: names.count, fields: numbers.dropLast().map { $0 - 1 },
        label: numbers[numbers.count - 1] - 1)
    } else if names.count == definition.fields.count + 1 {
      layout = Layout(
        count: names.count, fields: Array(definition.fields.indices), label: names.count - 1)
    }
    guard let layout else {
      let expected =
        numbers.isEmpty
        ? (source.columns + [source.label]).joined(separator: ", ")
        : "at least \(numbers.max() ?? 0) columns"
      throw fault(
        line,
        "the first line has \(count(names.count)) (\(names.prefix(16).joined(separator: ", ")));"
          + " expected \(expected), or \(definition.fields.count) texts and a label")
    }
    try add(columns, of: lines, layout, line: line)
  }

  private func header(_ names: [String], _ fields: [String], _ label: String) -> Layout? {
    let indices = fields.compactMap { names.firstIndex(of: $0) }
    guard indices.count == fields.count, let label = names.firstIndex(of: label) else {
      return nil
    }
    return Layout(count: names.count, fields: indices, label: label)
  }

  private mutating func add(
    _ columns: [Slice<UnsafeRawBufferPointer>], of lines: TextLines, _ layout: Layout, line: Int
  ) throws {
    guard columns.count == layout.count else {
      if definition.source.skipsBrokenRows {
        skippedRows += 1
        return
      }
      let hint =
        columns.count < layout.count
        ? "is a tab missing, or the line broken in two?" : "is there a tab within a text?"
      throw fault(
        line, "\(count(columns.count)), but the first line has \(layout.count); \(hint)")
    }
    let values = try layout.fields.map { try lines.text(columns[$0], line: line) }
    let label = try lines.text(columns[layout.label], line: line)
    let example = try definition.example(values: values, label: label, path: path, line: line)
    firstLines[example.label] = firstLines[example.label] ?? line
    examples.append(example)
  }

  private func count(_ columns: Int) -> String {
    columns == 1 ? "1 column" : "\(columns) columns"
  }

  private func fault(_ line: Int, _ reason: String) -> TaskError {
    TaskError.badRow(path: path, line: line, reason: reason)
  }
}

extension TaskDefinition {
  /// The example of one row.
  ///
  /// - Throws: `TaskError.badRow` for a label that is none of the task's.
  func example(values: [String], label: String, path: String, line: Int) throws -> Example {
    if let index = classIndex(label) {
      return Example(values: values, label: index, score: isScale ? Double(label) : nil)
    }
    if isScale, let score = Double(label), score.isFinite {
      // The nearest number on the scale; of two, the even multiple, as T5's rule rounds.
      let numbers = labels.map { Double($0.word) ?? 0 }
      let low = numbers.min() ?? 0
      let high = numbers.max() ?? 0
      let steps = Double(labels.count - 1) / (high - low)
      if (low...high).contains(score), steps.isFinite {
        // Times 5 as T5 does; through 0.2, which is no binary fraction, 2.3 would round down.
        let nearest = low + ((score - low) * steps).rounded(.toNearestOrEven) / steps
        let index = numbers.indices.min { abs(numbers[$0] - nearest) < abs(numbers[$1] - nearest) }
        return Example(values: values, label: index ?? 0, score: score)
      }
      throw TaskError.badRow(
        path: path, line: line, reason: "the score \(label) is outside \(low) to \(high)")
    }
    let known = labels.prefix(8).map { $0.value == $0.word ? $0.word : "\($0.value) (\($0.word))" }
    let more = labels.count > 8 ? ", …" : ""
    throw TaskError.badRow(
      path: path, line: line,
      reason: "unknown label \"\(label.prefix(40))\"; the labels are: "
        + known.joined(separator: ", ") + more)
  }
}
