/// What can go wrong while answering.
public enum InferError: Error, Equatable, Sendable {
  /// A file to read cannot be opened. `reason` is the system's own text.
  case missingInput(path: String, reason: String)
  /// The input cannot be read. `reason` is the system's own text.
  case input(name: String, reason: String)
  /// gzip or zstd data that is cut or corrupt.
  case compressed(input: String, reason: String)
  /// The line that should name the columns does not.
  case header(input: String, reason: String)
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
  /// Whoever read the answers has gone.
  case closedOutput
}

extension InferError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingInput(let path, let reason):
      "cannot open \(path): \(reason)"
    case .input(let name, let reason):
      "cannot read \(name): \(reason)"
    case .compressed(let input, let reason):
      "\(input): \(reason); compress it again"
    case .header(let input, let reason):
      "\(input):1: \(reason)"
    case .badRecord(let input, let line, let fault):
      "\(input):\(line): \(fault)"
    case .noPrompts(let folder):
      "no .eptb file in \(folder); make one with `eptc tune`"
    case .samePrompt(let name, let paths):
      "\(paths.joined(separator: " and ")) would both be called \(name); rename one"
    case .threshold(let label, let reason):
      "the threshold for \(label) is not usable: \(reason)"
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
  /// More bytes than a line may have.
  case tooLong(limit: Int)
  /// Another number of tab-separated fields than the task or the header has.
  case columns(expected: [String], actual: Int)
  /// No JSON, or no object. `reason` says what instead.
  case notJSON(reason: String)
  /// A text that a prompt reads is missing, or is no text.
  case noText(field: String, prompt: String)
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
    case .tooLong(let limit):
      "the line exceeds \(limit) bytes; split the text"
    case .columns(let expected, let actual):
      "\(actual) tab-separated fields where \(expected.count) are expected: "
        + expected.joined(separator: ", ")
    case .notJSON(let reason):
      "not a JSON object: \(reason)"
    case .noText(let field, let prompt):
      "no text \"\(field)\", which \(prompt) reads"
    case .unknownTask(let name, let prompts):
      "no prompt for the task \"\(name)\"; there are: \(prompts.joined(separator: ", "))"
    case .noScore(let prompt):
      "the model gives no finite score with \(prompt); was the prompt trained to the end?"
    case .refused(let reason):
      reason
    }
  }
}
