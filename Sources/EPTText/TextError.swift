/// What can be wrong with a tokenizer's definition.
public enum TextError: Error, Equatable, Sendable {
  /// The definition asks for something that this version does not do.
  case unsupported(source: String, what: String, hint: String)
  /// The definition contradicts itself.
  case invalid(source: String, reason: String)
}

extension TextError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupported(let source, let what, let hint):
      "\(source): \(what) is not supported; \(hint)"
    case .invalid(let source, let reason):
      "\(source) is not a usable tokenizer: \(reason)"
    }
  }
}
