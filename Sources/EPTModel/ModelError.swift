/// What can be wrong with a model's configuration or its inputs.
public enum ModelError: Error, Equatable, Sendable {
  /// The configuration names an architecture that this version does not run.
  case unsupportedArchitecture(name: String, supported: [String])
  /// A field of the configuration is missing or has a value that this version does not run.
  case configuration(field: String, reason: String)
  /// A token id outside the vocabulary.
  case unknownToken(id: Int32, vocabularySize: Int)
  /// A text is longer, prompt included, than the backbone has positions.
  case tooLong(tokens: Int, prompt: Int, limit: Int)
  /// A prompt or read-out that does not fit the backbone.
  case mismatch(reason: String)
}

extension ModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupportedArchitecture(let name, let supported):
      "architecture \(name) is not supported; supported are: \(supported.joined(separator: ", "))"
    case .configuration(let field, let reason):
      "config.json: `\(field)` \(reason)"
    case .unknownToken(let id, let vocabularySize):
      "token \(id) is outside the vocabulary of \(vocabularySize); do tokenizer and model belong together?"
    case .tooLong(let tokens, let prompt, let limit):
      "\(tokens) tokens and a prompt of \(prompt) exceed the backbone's \(limit) positions; lower the input length"
    case .mismatch(let reason):
      reason
    }
  }
}
