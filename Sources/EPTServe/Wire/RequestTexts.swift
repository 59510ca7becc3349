import EPTFormat
import EPTSystem

/// The texts of a request, one row a question.
struct RequestTexts: Equatable {
  /// What a text or a pair is called in Hugging Face's pipelines.
  private static let pipelineNames = ["text", "text_pair"]
  /// Most bytes of a text.
  static let textLimit = 100_000

  /// One text a field each.
  let rows: [[String]]
  /// Whether the request has one row that stands on its own, in no list.
  let isSingle: Bool

  /// Reads `value`, the member called `key`, as rows of `fields`.
  ///
  /// A row of one field is a text; any row is a list of its texts or an object of them by name. A list of
  /// as many texts as there are fields, where these are several, is one row.
  ///
  /// - Throws: `ServeError.badRequest`, or `.tooLarge` for more than `limit` rows or a long text.
  init(_ value: JSON, _ key: String, fields: [String], limit: Int) throws(ServeError) {
    if let elements = value.array, !Self.isRow(elements, fields) {
      guard !elements.isEmpty else { throw .badRequest(reason: "\"\(key)\" is an empty list") }
      guard elements.count <= limit else {
        throw .tooLarge(what: "texts in a request", limit: limit)
      }
      var rows: [[String]] = []
      for element in elements { rows.append(try Self.row(element, key, fields)) }
      self.rows = rows
      isSingle = false
    } else {
      rows = [try Self.row(value, key, fields)]
      isSingle = true
    }
    for text in rows.joined() where text.utf8.count > Self.textLimit {
      throw .tooLarge(what: "bytes in a text", limit: Self.textLimit)
    }
  }

  /// Whether a list is the texts of one row: of several fields, and of nothing but texts.
  private static func isRow(_ elements: [JSON], _ fields: [String]) -> Bool {
    fields.count > 1 && !elements.isEmpty && elements.allSatisfy { $0.string != nil }
  }

  private static func row(
    _ value: JSON, _ key: String, _ fields: [String]
  ) throws(ServeError) -> [String] {
    let expected =
      fields.count == 1
      ? "a text in quotes" : "a row of \(fields.count) texts: \(fields.joined(separator: ", "))"
    switch value {
    case .string(let text) where fields.count == 1:
      return [text]
    case .array(let elements):
      let texts = elements.compactMap(\.string)
      guard texts.count == elements.count, texts.count == fields.count else {
        throw .badRequest(reason: "\"\(key)\" has a list that is not \(expected)")
      }
      return texts
    case .object:
      var texts: [String] = []
      for (place, field) in fields.enumerated() {
        let alias = place < pipelineNames.count ? value[pipelineNames[place]] : nil
        guard let text = (value[field] ?? alias)?.string else {
          throw .badRequest(reason: "\"\(key)\" has an object without the text \"\(field)\"")
        }
        texts.append(text)
      }
      return texts
    default:
      throw .badRequest(reason: "\"\(key)\" is or has something that is not \(expected)")
    }
  }
}
