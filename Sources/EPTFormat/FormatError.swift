/// Everything that can be wrong with bytes on disk.
///
/// Truncated, corrupt, unsupported and missing are different errors, since each is mended
/// differently. Every message says what is wrong, where, and what to do.
public enum FormatError: Error, Equatable, Sendable {
  /// A system call failed. `reason` is the system's own text.
  case system(operation: String, path: String, reason: String)
  /// The file or one it refers to is not there.
  case missingFile(path: String, hint: String)
  /// Fewer bytes than the file itself says it has.
  case truncated(path: String, have: Int, expected: Int)
  /// Bytes that contradict each other or their checksum. `location` is a tensor, a section or
  /// a byte offset.
  case corrupt(path: String, location: String, reason: String)
  /// Another kind of file under this name.
  case foreign(path: String, what: String, expected: String, hint: String)
  /// Well-formed, but not something that this version reads. `hint` says what it does read.
  case unsupported(path: String, what: String, hint: String)
  /// A tensor that must be there is not.
  case missingTensor(path: String, tensor: String)
  /// A tensor's shape differs from what its model's configuration asks for.
  case wrongShape(path: String, tensor: String, expected: [Int], actual: [Int])
  /// The output is there already.
  case outputExists(path: String)
}

extension FormatError: CustomStringConvertible {
  /// One line, whatever the names in a file contain.
  public var description: String {
    Self.printable(text)
  }

  private var text: String {
    switch self {
    case .system(let operation, let path, let reason):
      "cannot \(operation) \(path): \(reason)"
    case .missingFile(let path, let hint):
      "\(path) is missing: \(hint)"
    case .truncated(let path, let have, let expected):
      "\(path) is truncated: \(have) of \(expected) bytes are there; copy or download it again"
    case .corrupt(let path, let location, let reason):
      "\(path) is corrupt at \(location): \(reason)"
    case .foreign(let path, let what, let expected, let hint):
      "\(path) is \(what), not \(expected); \(hint)"
    case .unsupported(let path, let what, let hint):
      "\(path): \(what) is not supported; \(hint)"
    case .missingTensor(let path, let tensor):
      "\(path) has no tensor `\(tensor)`, which its configuration asks for; is the checkpoint whole?"
    case .wrongShape(let path, let tensor, let expected, let actual):
      "\(path): tensor `\(tensor)` has shape \(actual), but its configuration asks for \(expected)"
    case .outputExists(let path):
      "\(path) exists already; use --force to replace it"
    }
  }
}

extension FormatError {
  /// `text` with control characters and line ends escaped, and a limit on its length.
  package static func printable(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars.prefix(2_000) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
