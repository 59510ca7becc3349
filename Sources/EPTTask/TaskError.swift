/// What can be wrong with a task, its data or its bundle.
public enum TaskError: Error, Equatable, Sendable {
  /// No preset has this name.
  case unknownTask(name: String, nearest: [String], all: [String])
  /// None of the places where the task's files may be has them.
  case dataNotFound(task: String, lookedFor: [String])
  /// The rows came from a pipe, which cannot be read again.
  case dataGone(task: String)
  /// A row that cannot be read. `reason` says what is wrong, `remedy` how to mend it where that is a
  /// setting.
  case badRow(path: String, line: Int, reason: String, remedy: Remedy? = nil)
  /// The columns that are named are not one for each of the task's fields.
  case unclearColumns(task: String, reason: String)
  /// A file that must have rows has none.
  case noRows(path: String)
  /// A file that must be split has too few rows for that.
  case fewRows(path: String, rows: Int, reason: String, remedy: Remedy)
  /// A file that is not what it was when the bundle was made.
  case changedData(path: String, bundle: String)
  /// Two labels that a decoder cannot tell apart.
  case sameLabelTokens(task: String, first: String, second: String)
  /// A definition that contradicts itself.
  case invalidDefinition(task: String, reason: String)
  /// A user's definition that cannot be read. `reason` names the member.
  case badTaskFile(path: String, reason: String)
  /// A prompt of others that cannot be used here. `reason` says what would fit.
  case unusablePrompt(path: String, reason: String)
  /// A bundle that was made for another backbone.
  case otherBackbone(bundle: String, madeFor: String, given: String)
  /// Something that this version does not do with this backbone.
  case unsupported(task: String, reason: String)
}

extension TaskError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownTask(let name, let nearest, let all):
      nearest.isEmpty
        ? "unknown task \(name); the tasks are: \(all.joined(separator: ", "))"
        : "unknown task \(name); did you mean \(nearest.joined(separator: " or "))?"
    case .dataNotFound(let task, let lookedFor):
      "no data for task \(task); looked for: \(lookedFor.joined(separator: ", "));"
        + " name its folder"
    case .dataGone(let task):
      "the rows of task \(task) came from a pipe, which cannot be read again; name a file of rows"
    case .badRow(let path, let line, let reason, _):
      "\(path):\(line): \(reason)"
    case .unclearColumns(let task, let reason):
      "task \(task): \(reason)"
    case .noRows(let path):
      "\(path) has no rows; is it the right file, and whole?"
    case .fewRows(let path, let rows, let reason, _):
      "\(path) has \(rows) row\(rows == 1 ? "" : "s"); \(reason)"
    case .changedData(let path, let bundle):
      "\(path) is not the file that \(bundle) was tuned with: its SHA-256 differs; "
        + "put that one back, or score another file"
    case .sameLabelTokens(let task, let first, let second):
      "task \(task): the tokenizer gives the label words \"\(first)\" and \"\(second)\" the same "
        + "tokens, so that no answer could tell them apart"
    case .invalidDefinition(let task, let reason):
      "task \(task) is not usable: \(reason)"
    case .badTaskFile(let path, let reason):
      "\(path): \(reason)"
    case .unusablePrompt(let path, let reason):
      "\(path) cannot be used: \(reason)"
    case .otherBackbone(let bundle, let madeFor, let given):
      "\(bundle) was made for \(madeFor), but the model given is \(given);"
        + " give its own model, or tune again on this one"
    case .unsupported(let task, let reason):
      "task \(task): \(reason)"
    }
  }
}

extension TaskError {
  /// The setting that mends the error, if there is one.
  public var remedy: Remedy? {
    switch self {
    case .badRow(_, _, _, let remedy): remedy
    case .fewRows(_, _, _, let remedy): remedy
    case .unclearColumns: .nameColumns
    case .sameLabelTokens: .takeDigits
    case .dataNotFound: .nameFolder
    case .dataGone: .nameRows
    default: nil
    }
  }
}
