import EPTData
import EPTFormat

/// Rows that are words with a tag each.
enum TaggedRow {
  /// What lists of tags are called, the most usual name first.
  static let usualTags = ["tags", "ner_tags", "labels"]

  /// The row of `record`, an object's members.
  ///
  /// - Parameters:
  ///   - record: The members.
  ///   - words: The key of the words.
  ///   - tags: The key of the tags.
  ///   - path: The file, for messages.
  ///   - line: The record's line.
  /// - Returns: The row, its values the words and its labels the tags.
  /// - Throws: `TaskError.badRow` for lists that are missing, of different lengths or of something else
  ///   than texts.
  static func row(
    _ record: [JSONMember], words: String, tags: String, _ path: String, _ line: Int
  ) throws -> LabelledRow {
    func fault(_ reason: String) -> TaskError {
      .badRow(path: path, line: line, reason: reason)
    }
    func list(_ key: String, _ usual: [String], _ what: String) throws -> [String] {
      let value = ([key] + usual).lazy.compactMap { ColumnNames.value(of: $0, in: record) }.first
      guard let list = value?.array else {
        throw fault("no list \"\(key)\" of \(what); training and evaluation need words and tags")
      }
      return try list.map { member in
        guard let text = member.string else {
          throw fault(
            "the list \"\(key)\" has \(member.serialized().prefix(40)), which is no text in quotes")
        }
        return text
      }
    }
    let (found, names) = (
      try list(words, WordText.usualNames, "words"), try list(tags, usualTags, "tags")
    )
    guard !found.isEmpty else { throw fault("no words; remove the row") }
    guard found.count == names.count else {
      throw fault(
        "\"\(tags)\" has \(counted(names.count, "tag")) for the "
          + "\(counted(found.count, "word")) of \"\(words)\"; each word needs one")
    }
    for name in names where Tag(name) == nil {
      throw fault("the tag \(LabelText.shown(name)) is none of BIO's: O, B-name and I-name")
    }
    return LabelledRow(values: found, label: "", line: line, labels: names)
  }

  private static func counted(_ count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? "" : "s")"
  }
}

extension ColumnChoice {
  /// The keys of words and tags of a file whose first record is `record`; nil where it has none.
  func tagKeys(_ record: [JSONMember]) -> (words: String, tags: String)? {
    switch request {
    case .task(let source, _):
      return source.records == .words ? (source.columns[0], source.label) : nil
    case .found(let texts, let label):
      func key(_ names: [String]) -> String? {
        names.first { ColumnNames.value(of: $0, in: record)?.array != nil }
      }
      guard texts.count < 2, let words = key(texts.isEmpty ? WordText.usualNames : texts),
        let tags = key(label.map { [$0] } ?? TaggedRow.usualTags)
      else { return nil }
      return (words, tags)
    }
  }
}
