import EPTSystem

/// Everything that can be wrong with bytes on disk; what can be wrong with the files themselves is
/// `SystemError`.
///
/// Truncated, corrupt, unsupported and missing are different errors, since each is mended
/// differently. Every message says what is wrong, where, and what to do.
public enum FormatError: Error, Equatable, Sendable {
  /// What makes of a foreign file the one that is expected, for whoever has a command to do it.
  public enum Remedy: Sendable, Equatable {
    /// Convert the checkpoint.
    case convert
    /// Go on with the training run that the file is of.
    case finishRun
  }

  /// Fewer bytes than the file itself says it has.
  case truncated(path: String, have: Int, expected: Int)
  /// Bytes that contradict each other or their checksum. `location` is a tensor, a section or
  /// a byte offset.
  case corrupt(path: String, location: String, reason: String)
  /// Another kind of file under this name.
  case foreign(path: String, what: String, expected: String, hint: String, remedy: Remedy? = nil)
  /// Well-formed, but not something that this version reads. `hint` says what it does read.
  case unsupported(path: String, what: String, hint: String)
  /// A tensor that must be there is not.
  case missingTensor(path: String, tensor: String)
  /// A tensor's shape differs from what its model's configuration asks for.
  case wrongShape(path: String, tensor: String, expected: [Int], actual: [Int])
}

extension FormatError: CustomStringConvertible {
  /// One line, whatever the names in a file contain.
  public var description: String { text.printable }

  private var text: String {
    switch self {
    case .truncated(let path, let have, let expected):
      "\(path) is truncated: \(have) of \(expected) bytes are there; copy or download it again"
    case .corrupt(let path, let location, let reason):
      "\(path) is corrupt at \(location): \(reason)"
    case .foreign(let path, let what, let expected, let hint, _):
      "\(path) is \(what), not \(expected); \(hint)"
    case .unsupported(let path, let what, let hint):
      "\(path): \(what) is not supported; \(hint)"
    case .missingTensor(let path, let tensor):
      "\(path) has no tensor `\(tensor)`, which its configuration asks for; is the checkpoint whole?"
    case .wrongShape(let path, let tensor, let expected, let actual):
      "\(path): tensor `\(tensor)` has shape \(actual), but its configuration asks for \(expected)"
    }
  }
}
