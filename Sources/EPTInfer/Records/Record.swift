import EPTData
import EPTFormat
import EPTSystem
import EPTTask

/// One thing to answer: a line's text, or named fields.
public struct Record: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    /// A line, which has a task's fields between tabs.
    case line(String)
    /// Columns without names.
    case cells([String])
    /// Fields by name.
    case fields([JSONMember])
  }

  let content: Content

  /// The names that a record's fields have for the stream itself.
  private enum Reserved {
    static let id = "id"
    static let task = "task"
  }

  /// A record of one text; for a task of several, they stand between tabs.
  public init(_ text: String) {
    content = .line(text)
  }

  /// A record of named texts, for the prompt called `task` or for all.
  public init(fields: KeyValuePairs<String, String>, task: String? = nil) {
    content = .fields(
      fields.map { JSONMember($0.key, .string($0.value)) }
        + (task.map { [JSONMember(Reserved.task, .string($0))] } ?? []))
  }

  init(fields: [JSONMember]) {
    content = .fields(fields)
  }

  init(cells: [String]) {
    content = .cells(cells)
  }

  private subscript(key: String) -> JSON? {
    guard case .fields(let members) = content else { return nil }
    return members.first { $0.key.isIdentical(to: key) }?.value
  }

  /// What the record itself is called.
  var id: JSON? { self[Reserved.id] }

  /// The prompt that the record asks for; nil for all.
  ///
  /// - Throws: `RecordFault.noText` where it is named by something else than a text.
  func task() throws -> String? {
    guard let name = self[Reserved.task] else { return nil }
    guard let name = name.string else {
      throw RecordFault.noText(field: Reserved.task, prompt: "routing")
    }
    return name
  }

  /// One text for each of a prompt's fields.
  ///
  /// For a prompt of one field that is the line, tabs and all. An empty line is an empty text in
  /// every field. A named field may also go by its column's name in the task's own data; case and
  /// blanks around names do not matter. Columns without names are a task's fields in their order, or
  /// those that its own data has by number.
  ///
  /// - Throws: `RecordFault`.
  func texts(for fields: [Field], prompt: String) throws -> [String] {
    switch content {
    case .line(let line):
      guard fields.count > 1 else { return [line] }
      guard !line.isEmpty else { return fields.map { _ in "" } }
      let texts = TabSeparated.split(line)
      guard texts.count == fields.count else {
        throw RecordFault.columns(expected: fields.map(\.name), actual: texts.count)
      }
      return texts
    case .cells(let cells):
      return try texts(of: cells, for: fields)
    case .fields(let members):
      return try fields.map { field in
        guard let value = field.value(in: members) else {
          throw RecordFault.noText(field: field.name, prompt: prompt)
        }
        guard let text = value.string else {
          let shown = String(value.serialized().prefix(40))
          throw RecordFault.notText(field: field.name, value: shown)
        }
        return text
      }
    }
  }

  /// The words of a text that a record gives as a list, under the name of the first of `fields`, its
  /// column's or a usual one; nil where it gives none.
  ///
  /// - Throws: `RecordFault.notText` for a list of something else.
  func words(of fields: [Field]) throws -> WordText? {
    guard case .fields(let members) = content, let field = fields.first else { return nil }
    let names = [field.column, field.name] + WordText.usualNames
    let list = names.lazy.compactMap { name in
      ColumnNames.value(of: name, in: members)?.array.map { (name, $0) }
    }.first
    guard let (name, words) = list else { return nil }
    return WordText(
      words: try words.map { word in
        guard let text = word.string else {
          throw RecordFault.notText(field: name, value: String(word.serialized().prefix(40)))
        }
        return text
      })
  }

  private func texts(of cells: [String], for fields: [Field]) throws -> [String] {
    if cells == [""] { return fields.map { _ in "" } }
    let places = fields.compactMap { Int($0.column) }.filter { (1...cells.count).contains($0) }
    if places.count == fields.count { return places.map { cells[$0 - 1] } }
    guard cells.count == fields.count else {
      throw RecordFault.columns(expected: fields.map(\.name), actual: cells.count)
    }
    return cells
  }

  /// The fields that none of `prompts` reads.
  func unread(by prompts: some Sequence<[Field]>) -> [JSONMember] {
    guard case .fields(let members) = content else { return [] }
    var known: Set = [ByteName(Reserved.id), ByteName(Reserved.task)]
    for field in prompts.joined() {
      if let key = field.key(in: members) { known.insert(ByteName(key)) }
    }
    return members.filter { !known.contains(ByteName($0.key)) }
  }
}

extension Record: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) {
    self.init(value)
  }
}

/// A text that a prompt reads.
struct Field: Sendable, Equatable {
  /// What the task calls it.
  let name: String
  /// What the task's own data calls it.
  let column: String

  /// The key among `members` that stands for the field.
  func key(in members: [JSONMember]) -> String? {
    let keys = members.map(\.key)
    let place = ColumnNames.index(of: name, in: keys) ?? ColumnNames.index(of: column, in: keys)
    return place.map { keys[$0] }
  }

  /// The field's value among `members`.
  func value(in members: [JSONMember]) -> JSON? {
    ColumnNames.value(of: name, in: members) ?? ColumnNames.value(of: column, in: members)
  }
}

enum TabSeparated {
  /// The fields of a line.
  ///
  /// By scalars: a tab and a combining mark after it are one character, but still a tab.
  static func split(_ line: String) -> [String] {
    line.unicodeScalars.split(separator: "\t", omittingEmptySubsequences: false)
      .map { String($0) }
  }
}
