import EPTFormat
import EPTSystem

/// Reads records that are one JSON object a line, GLUE-like ones and SuperGLUE's.
struct JSONLinesReader {
  let definition: TaskDefinition
  let path: String
  private(set) var examples: [Example] = []
  /// The line of each class's first row.
  private(set) var firstLines: [Int: Int] = [:]

  init(path: String, definition: TaskDefinition) {
    self.path = path
    self.definition = definition
  }

  /// Reads all records of `file`.
  ///
  /// - Throws: `TaskError.badRow`.
  mutating func read(_ file: MappedFile) throws {
    try TextLines(file: file).forEachRecord { record, line in
      switch definition.source.records {
      case .winograd where record["target"] != nil: try addWinograd(record, line)
      case .multiRC where record["passage"] != nil: try addAnswers(record, line)
      default: try addFlat(record, line)
      }
    }
  }

  private mutating func addFlat(_ record: JSON, _ line: Int) throws {
    let source = definition.source
    let values = try zip(source.columns, definition.fields).map { column, field in
      try text(record[column] ?? record[field], column, line)
    }
    try add(values, record[source.label] ?? record["label"], line)
  }

  private mutating func addWinograd(_ record: JSON, _ line: Int) throws {
    let target = record["target"]
    let marked = WinogradSpans.marked(
      try text(record["text"], "text", line),
      first: try text(target?["span1_text"], "span1_text", line),
      at: try number(target?["span1_index"], "span1_index", line),
      second: try text(target?["span2_text"], "span2_text", line),
      at: try number(target?["span2_index"], "span2_index", line))
    try add([marked], record[definition.source.label], line)
  }

  private mutating func addAnswers(_ record: JSON, _ line: Int) throws {
    let passage = record["passage"]
    let paragraph = Self.withoutMarkup(try text(passage?["text"], "text", line))
    for question in try list(passage?["questions"], "questions", line) {
      let asked = Self.withoutMarkup(try text(question["question"], "question", line))
      for answer in try list(question["answers"], "answers", line) {
        let answered = Self.withoutMarkup(try text(answer["text"], "text", line))
        try add([asked, answered, paragraph], answer[definition.source.label], line)
      }
    }
  }

  private mutating func add(_ values: [String], _ label: JSON?, _ line: Int) throws {
    guard let text = label?.labelText else {
      throw fault(line, "no \"\(definition.source.label)\"; training and evaluation need labels")
    }
    let example = try definition.example(values: values, label: text, path: path, line: line)
    firstLines[example.label] = firstLines[example.label] ?? line
    examples.append(example)
  }

  /// A line break becomes a space, bold type goes.
  private static func withoutMarkup(_ text: String) -> String {
    text.replacing("<br>", with: " ").replacing("<b>", with: "").replacing("</b>", with: "")
  }

  private func text(_ value: JSON?, _ key: String, _ line: Int) throws -> String {
    guard let text = value?.string else { throw fault(line, "no text \"\(key)\"") }
    return text
  }

  private func number(_ value: JSON?, _ key: String, _ line: Int) throws -> Int {
    guard let number = value?.integer else { throw fault(line, "no whole number \"\(key)\"") }
    return number
  }

  private func list(_ value: JSON?, _ key: String, _ line: Int) throws -> [JSON] {
    guard let list = value?.array else { throw fault(line, "no list \"\(key)\"") }
    return list
  }

  private func fault(_ line: Int, _ reason: String) -> TaskError {
    TaskError.badRow(path: path, line: line, reason: reason)
  }
}

extension JSON {
  /// A label as text, whatever type the file gives it; nil for a value that is none.
  var labelText: String? {
    switch self {
    case .string(let value): value
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .null, .array, .object: nil
    }
  }
}
