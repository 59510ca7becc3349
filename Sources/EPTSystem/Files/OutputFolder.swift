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
    var status = stat()
    if path.withPath({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    guard path.withPath({ mkdir($0, 0o777) }) == 0 else {
      throw SystemError.system(operation: .create, path: path, reason: systemReason())
    }
  }
}
