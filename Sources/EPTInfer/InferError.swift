/// What can go wrong while answering.
public enum InferError: Error, Equatable, Sendable {
  /// The input cannot be read. `reason` is the system's own text.
  case input(name: String, reason: String)
  /// A line that no sensible text needs.
  case lineTooLong(input: String, line: Int, limit: Int)
  /// A line has another number of fields than the task.
  case fields(input: String, line: Int, expected: [String], actual: Int)
  /// The model's scores for a line are no numbers.
  case noScore(input: String, line: Int)
  /// The answers cannot be written. `reason` is the system's own text.
  case output(reason: String)
  /// Whoever read the answers has gone.
  case closedOutput
}

extension InferError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .input(let name, let reason):
      "cannot read \(name): \(reason)"
    case .lineTooLong(let input, let line, let limit):
      "\(input):\(line): the line exceeds \(limit) bytes; split the text"
    case .fields(let input, let line, let expected, let actual):
      "\(input):\(line): \(actual) tab-separated fields where the task has \(expected.count): "
        + expected.joined(separator: ", ")
    case .noScore(let input, let line):
      "\(input):\(line): the model gives no finite score; was the prompt trained to the end?"
    case .output(let reason):
      "cannot write the answers: \(reason)"
    case .closedOutput:
      "the reader of the answers has gone"
    }
  }
}
