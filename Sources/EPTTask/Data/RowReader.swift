import EPTData
import EPTFormat

/// Makes labelled rows of a file's records.
struct RowReader {
  private let columns: ColumnChoice
  private let format: DataFormat?
  private(set) var rows: [LabelledRow] = []
  private(set) var skippedRows = 0
  /// The texts' columns and the label's, once a record has been read.
  private(set) var textColumns: [String] = []
  private(set) var labelColumn = ""
  /// Whether the first line was a header; nil for a format that has none.
  private(set) var isHeader: Bool?
  private var layout: ColumnChoice.Layout?
  private var keys: (texts: [String], label: String)?
  /// The words' key and their tags', of a file that has them.
  private var tagKeys: (words: String, tags: String)?
  /// An empty line counts only if a row follows it.
  private var emptyLine: Int?

  init(_ columns: ColumnChoice, format: DataFormat?) {
    self.columns = columns
    self.format = format
  }

  /// Takes the next record.
  ///
  /// - Throws: `TaskError.badRow`.
  mutating func add(_ record: DataRecord) throws {
    switch record.content {
    case .fault(let fault):
      throw self.fault(record.line, "\(fault)", fault == .notText ? .nameEncoding : nil)
    case .line:
      throw self.fault(
        record.line,
        "lines of plain text have no labels; a file of rows is CSV, TSV, JSON, or fastText's "
          + "`__label__x text`", .readQuotes)
    case .cells(let cells): try add(cells, record.line)
    case .object(let members): try add(members, record.line)
    }
  }

  /// Whether each row is words with a tag each.
  var hasTags: Bool { tagKeys != nil }

  // MARK: Columns

  private mutating func add(_ cells: [String], _ line: Int) throws {
    if case .task(let source, _) = columns.request, source.records == .words {
      throw fault(
        line,
        "columns of a table are no words with tags; give a JSON object with the lists \"tokens\" and "
          + "\"tags\" a line, or CoNLL columns (format conll)")
    }
    if cells == [""] {
      emptyLine = emptyLine ?? line
      return
    }
    if let emptyLine, !skipsBrokenRows {
      throw fault(emptyLine, "an empty line between rows; remove it")
    }
    guard let layout else {
      let layout = try begin(cells, line)
      self.layout = layout
      if !layout.isHeader || format?.fixedNames != nil { try add(cells, layout, line) }
      return
    }
    try add(cells, layout, line)
  }

  private mutating func begin(_ cells: [String], _ line: Int) throws -> ColumnChoice.Layout {
    let layout: ColumnChoice.Layout
    if let names = format?.fixedNames {
      // The file has no header, but its columns have names of their own.
      let fixed = ColumnChoice(
        request: Self.fixed(columns.request), header: nil, path: columns.path)
      layout = try fixed.layout(names, line: line)
    } else {
      layout = try columns.layout(cells, line: line)
      isHeader = layout.isHeader
    }
    (textColumns, labelColumn) = (layout.textNames, layout.labelName)
    return layout
  }

  /// A task of one text reads that of a file with a label and a text, whatever it calls them.
  private static func fixed(_ request: ColumnChoice.Request) -> ColumnChoice.Request {
    guard case .task(_, let fields) = request, fields.count == 1 else { return request }
    return .found(texts: [], label: nil)
  }

  private mutating func add(
    _ cells: [String], _ layout: ColumnChoice.Layout, _ line: Int
  ) throws {
    guard cells.count == layout.count else {
      if skipsBrokenRows {
        skippedRows += 1
        return
      }
      throw columnFault(cells, layout, line)
    }
    try add(layout.texts.map { cells[$0] }, label: cells[layout.label], line)
  }

  private func columnFault(
    _ cells: [String], _ layout: ColumnChoice.Layout, _ line: Int
  ) -> TaskError {
    let isTSV = format == .tsv
    let isQuoted = isTSV && cells.contains { $0.utf8.first == UInt8(ascii: "\"") }
    let sign = isTSV ? "tab" : "separator"
    let hint =
      isQuoted
      ? "are its texts quoted?"
      : cells.count < layout.count
        ? "is a \(sign) missing, or the line broken in two?"
        : isTSV ? "is there a tab within a text?" : "a text with a separator within needs quotes"
    return fault(
      line,
      "\(cells.count == 1 ? "1 column" : "\(cells.count) columns"), but the first line has "
        + "\(layout.count); \(hint)", isQuoted ? .readQuotes : nil)
  }

  private var skipsBrokenRows: Bool {
    if case .task(let source, _) = columns.request { return source.skipsBrokenRows }
    return false
  }

  // MARK: Objects

  private mutating func add(_ record: [JSONMember], _ line: Int) throws {
    tagKeys = tagKeys ?? (rows.isEmpty ? columns.tagKeys(record) : nil)
    if let tagKeys {
      (textColumns, labelColumn) = ([tagKeys.words], tagKeys.tags)
      rows.append(
        try TaggedRow.row(record, words: tagKeys.words, tags: tagKeys.tags, columns.path, line))
      return
    }
    guard case .task(let source, let fields) = columns.request else {
      let keys = try keys ?? columns.keys(record.map(\.key), line: line)
      self.keys = keys
      (textColumns, labelColumn) = keys
      try addFlat(record, keys.texts.map { [$0] }, label: [keys.label], line)
      return
    }
    (textColumns, labelColumn) = (source.columns, source.label)
    let json = JSON.object(record)
    switch source.records {
    case .winograd where json["target"] != nil: try addWinograd(json, source, line)
    case .multiRC where json["passage"] != nil: try addAnswers(json, source, line)
    default:
      try addFlat(
        record, zip(source.columns, fields).map { [$0, $1] }, label: [source.label, "label"], line)
    }
  }

  /// Each text and the label go by the first of their names that the record has.
  private mutating func addFlat(
    _ record: [JSONMember], _ texts: [[String]], label: [String], _ line: Int
  ) throws {
    func value(_ names: [String]) -> JSON? {
      names.lazy.compactMap { ColumnNames.value(of: $0, in: record) }.first
    }
    try add(
      try texts.map { try text(value($0), $0[0], line) }, value(label), label[0], line)
  }

  private mutating func addWinograd(
    _ record: JSON, _ source: DataSource, _ line: Int
  ) throws {
    let target = record["target"]
    let marked = WinogradSpans.marked(
      try text(record["text"], "text", line),
      first: try text(target?["span1_text"], "span1_text", line),
      at: try wordIndex(target?["span1_index"], "span1_index", line),
      second: try text(target?["span2_text"], "span2_text", line),
      at: try wordIndex(target?["span2_index"], "span2_index", line))
    try add([marked], record[source.label], source.label, line)
  }

  private mutating func addAnswers(
    _ record: JSON, _ source: DataSource, _ line: Int
  ) throws {
    let passage = record["passage"]
    let paragraph = Self.withoutMarkup(try text(passage?["text"], "text", line))
    for question in try list(passage?["questions"], "questions", line) {
      let asked = Self.withoutMarkup(try text(question["question"], "question", line))
      for answer in try list(question["answers"], "answers", line) {
        let answered = Self.withoutMarkup(try text(answer["text"], "text", line))
        try add([asked, answered, paragraph], answer[source.label], source.label, line)
      }
    }
  }

  private mutating func add(
    _ values: [String], _ label: JSON?, _ key: String, _ line: Int
  ) throws {
    switch label {
    case .string?, .bool?, .integer?, .number?:
      try add(values, label: label.flatMap(Self.labelText) ?? "", line)
    case .array(let list)?:
      let labels = try list.map { member -> String in
        guard let name = Self.labelText(member) else {
          throw fault(line, "the label \"\(key)\" is a list of something else than labels")
        }
        return name
      }
      rows.append(
        LabelledRow(
          values: values, label: labels.count == 1 ? labels[0] : "", line: line, labels: labels))
    case .object?: throw fault(line, "the label \"\(key)\" is an object; a row has one label")
    case .null?:
      throw fault(line, "the label \"\(key)\" is null; remove the row, or name its class")
    case nil:
      throw fault(line, "no label \"\(key)\"; training and evaluation need labels")
    }
  }

  /// A label as a text; nil for what can be none.
  private static func labelText(_ label: JSON) -> String? {
    switch label {
    case .string(let text): text
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .array, .object, .null: nil
    }
  }

  /// A line break becomes a space, bold type goes.
  private static func withoutMarkup(_ text: String) -> String {
    text.replacing("<br>", with: " ").replacing("<b>", with: "").replacing("</b>", with: "")
  }

  private func text(_ value: JSON?, _ key: String, _ line: Int) throws -> String {
    switch value {
    case .string(let text)?: return text
    case .null?: throw fault(line, "the text \"\(key)\" is null; remove the row, or give it a text")
    case .integer?, .number?, .bool?:
      let shown = value?.serialized().prefix(40) ?? ""
      throw fault(line, "the text \"\(key)\" is \(shown) without quotes; write \"\(shown)\"")
    case .array?: throw fault(line, "the text \"\(key)\" is a list; join it to one text")
    case .object?: throw fault(line, "the text \"\(key)\" is an object, not a text in quotes")
    case nil: throw fault(line, "no text \"\(key)\"")
    }
  }

  /// The place of a word in a text.
  private func wordIndex(_ value: JSON?, _ key: String, _ line: Int) throws -> Int {
    guard let index = value?.integer, (0...Self.mostWords).contains(index) else {
      throw fault(line, "\"\(key)\" must be a whole number from 0 to \(Self.mostWords)")
    }
    return index
  }

  /// More words than a text of any data set has.
  private static let mostWords = 1_000_000

  private func list(_ value: JSON?, _ key: String, _ line: Int) throws -> [JSON] {
    guard let list = value?.array else { throw fault(line, "no list \"\(key)\"") }
    return list
  }

  // MARK: Both

  private mutating func add(_ values: [String], label: String, _ line: Int) throws {
    rows.append(LabelledRow(values: values, label: label, line: line))
  }

  private func fault(_ line: Int, _ reason: String, _ remedy: Remedy? = nil) -> TaskError {
    .badRow(path: columns.path, line: line, reason: reason, remedy: remedy)
  }
}
