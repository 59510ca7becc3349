/// What can be wrong with a file, a folder or the machine before anyone looks at contents.
///
/// Every message is one line that says what is wrong, where, and how to mend it.
public enum SystemError: Error, Equatable, Sendable {
  /// What was asked of the system when it refused.
  public enum Operation: String, Sendable {
    case open, read, map, create, write, sync, name, rename, lock, list
  }

  /// A system call failed. `reason` is the system's own text, or what is wrong with the file.
  case system(operation: Operation, path: String, reason: String)
  /// The file or one it refers to is not there.
  case missingFile(path: String, hint: String)
  /// A file ended early while it was read: fewer bytes than it had when it was opened.
  case truncated(path: String, have: Int, expected: Int)
  /// The output is there already.
  case outputExists(path: String)
  /// The output is the same file as `input`, which the same work reads.
  case outputIsInput(path: String, input: String)
  /// Another process is writing this output now.
  case outputInUse(path: String)
  /// A file has other contents than when it was opened.
  case changed(path: String)
  /// There is no memory for `bytes` more bytes; `purpose` says what they are for.
  case outOfMemory(purpose: String, bytes: Int)
  /// The system gives no further thread. `reason` is the system's own text.
  case noThread(purpose: String, reason: String)
}

extension SystemError: CustomStringConvertible {
  /// One line, whatever the names of files contain.
  public var description: String { text.printable }

  private var text: String {
    switch self {
    case .system(let operation, let path, let reason):
      "cannot \(operation.rawValue) \(path): \(reason)"
    case .missingFile(let path, let hint):
      "\(path) is missing: \(hint)"
    case .truncated(let path, let have, let expected):
      "\(path) is truncated: \(have) of \(expected) bytes are there; copy or download it again"
    case .outputExists(let path):
      "\(path) exists already; remove it or name another output"
    case .outputIsInput(let path, let input):
      path.utf8.elementsEqual(input.utf8)
        ? "\(path) is one of the files that are read; name another output"
        : "\(path) is the same file as \(input), which is read; name another output"
    case .outputInUse(let path):
      "\(path) is being written by another process; wait for it or name another output"
    case .changed(let path):
      "\(path) was changed while it was in use; start anew"
    case .outOfMemory(let purpose, let bytes):
      "no memory for \(purpose): \(bytes) bytes more are needed; free some or raise the limit"
    case .noThread(let purpose, let reason):
      "the system gives no thread \(purpose): \(reason); allow this process more threads"
    }
  }
}
