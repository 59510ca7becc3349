import EPTData

/// What can go wrong while answering.
public enum InferError: Error, Equatable, Sendable {
  /// A folder of prompts that cannot be read. `reason` is the system's own text.
  case missingInput(path: String, reason: String)
  /// A line that cannot be answered.
  case badRecord(input: String, line: Int, fault: RecordFault)
  /// A folder that should hold bundles has none.
  case noPrompts(folder: String)
  /// Two bundles go by the same name.
  case samePrompt(name: String, paths: [String])
  /// A threshold for a label that no prompt has, or for every label of one.
  case threshold(label: String, reason: String)
  /// Something that the backbone or the bundle cannot do.
  case unsupported(what: String, hint: String)
  /// The answers cannot be written. `reason` is the system's own text.
  case output(reason: String)
  /// The reader of the answers has gone.
  case closedOutput
}

extension InferError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingInput(let path, let reason):
      "cannot open \(path): \(reason)"
    case .badRecord(let input, let line, let fault):
      "\(input):\(line): \(fault)"
    case .noPrompts(let folder):
      "no .eptb file in \(folder); tune a task first"
    case .samePrompt(let name, let paths):
      "\(paths.joined(separator: " and ")) would both be called \(name); rename one"
    case .threshold(let label, let reason):
      "no threshold can be set for \(label): \(reason)"
    case .unsupported(let what, let hint):
      "\(what); \(hint)"
    case .output(let reason):
      "cannot write the answers: \(reason)"
    case .closedOutput:
      "the reader of the answers has gone"
    }
  }
}

/// Why a record cannot be answered.
public enum RecordFault: Error, Equatable, Sendable {
  /// It cannot be read.
  case unreadable(DataFault)
  /// Another number of columns than the task or the header has.
  case columns(expected: [String], actual: Int)
  /// A text that a prompt reads is missing.
  case noText(field: String, prompt: String)
  /// What should be a text is something else.
  case notText(field: String, value: String)
  /// The record asks for a prompt that is not there.
  case unknownTask(name: String, prompts: [String])
  /// The model's scores are no numbers.
  case noScore(prompt: String)
  /// The model refuses the text: it has no tokens, say, or more than the model has positions.
  case refused(reason: String)
}

extension RecordFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let fault):
      "\(fault)"
    case .columns(let expected, let actual):
      "\(actual) column\(actual == 1 ? "" : "s") where \(expected.count) are expected: "
        + expected.joined(separator: ", ")
    case .noText(let field, let prompt):
      "no text \"\(field)\", which \(prompt) reads"
    case .notText(let field, let value):
      "\"\(field)\" is \(value), not a text in quotes"
    case .unknownTask(let name, let prompts):
      "no prompt for the task \"\(name)\"; there are: \(prompts.joined(separator: ", "))"
    case .noScore(let prompt):
      "the model gives no finite score with \(prompt); was the prompt trained to the end?"
    case .refused(let reason):
      reason
    }
  }
}
