import Glibc

/// Folders that output goes to.
public enum OutputFolder {
  /// Removes the folder at `path` if it is empty; nothing hinges on its success.
  package static func removeEmpty(_ path: String) {
    _ = path.withPath { rmdir($0) }
  }

  /// Makes the folder at `path`, whose own folder must be there, unless it is there already.
  ///
  /// - Throws: `SystemError.system`.
  public static func make(_ path: String) throws {
    func refusal(_ reason: String) -> SystemError {
      .system(operation: .create, path: path.isEmpty ? "a folder" : path, reason: reason)
    }
    guard !path.isEmpty else { throw refusal("its name is empty") }
    if let existing = FileStatus(path) {
      guard existing.isFolder else { throw refusal("it is there and is no folder") }
      return
    }
    guard path.withPath({ mkdir($0, 0o777) }) == 0 else { throw refusal(systemReason()) }
  }
}
