import EPTSystem

/// A text with places for a task's fields: `sst2 sentence: {sentence}`.
///
/// `{{` and `}}` stand for the braces themselves.
public struct Template: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case literal(String)
    /// An index into the task's fields.
    case field(Int)
  }

  /// The template as it was written.
  public let source: String
  private let parts: [Part]

  /// Reads `source`, whose places name `fields`.
  ///
  /// - Throws: `TaskError.invalidDefinition`, naming `task`, for a place that is no field or an
  ///   open brace.
  public init(_ source: String, fields: [String], task: String) throws {
    var parts: [Part] = []
    var literal = ""
    var rest = source[...]
    while let character = rest.popFirst() {
      if character == "{" || character == "}", rest.first == character {
        rest.removeFirst()
        literal.append(character)
      } else if character == "{" {
        guard let end = rest.firstIndex(of: "}") else {
          throw TaskError.invalidDefinition(
            task: task, reason: "template \"\(source)\" has a { without }")
        }
        let name = String(rest[..<end])
        guard let field = fields.firstIndex(where: { $0.isIdentical(to: name) }) else {
          throw TaskError.invalidDefinition(
            task: task,
            reason: "template \"\(source)\" names {\(name)}, but the fields are: "
              + fields.joined(separator: ", "))
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = ""
        parts.append(.field(field))
        rest = rest[rest.index(after: end)...]
      } else {
        literal.append(character)
      }
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    self.source = source
    self.parts = parts
  }

  /// The text for one example.
  ///
  /// `values` has one text a field.
  public func rendered(_ values: [String]) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .literal(let literal): text += literal
      case .field(let index): if index < values.count { text += values[index] }
      }
    }
    return text
  }
}
