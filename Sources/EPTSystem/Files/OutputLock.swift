import Glibc

/// An output that one process at a time may be writing.
///
/// The lock (`flock`) is on a small hidden file beside the output. The lock ends with the process,
/// however that ends. A file that a killed process left is used again, or removed by the next
/// `AtomicFile` in the folder.
public final class OutputLock: Sendable {
  private let descriptor: Int32
  private let lockPath: String

  /// Claims the output at `path` until this object goes.
  ///
  /// Where the file system has no locks, everyone is let through.
  ///
  /// - Throws: `SystemError.outputInUse` if another process has it; `.system` where the folder cannot
  ///   be written.
  public init(path: String) throws {
    lockPath = "\(path.folder)/\(TemporaryFiles.lockName(of: path.fileName))"
    while true {
      let open = lockPath.withPath {
        Glibc.open($0, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o666)
      }
      guard open >= 0 else {
        throw SystemError.system(operation: .create, path: path, reason: systemReason())
      }
      if flock(open, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        close(open)
        throw SystemError.outputInUse(path: path)
      }
      // Whoever had it may have removed the file between the two calls.
      if let mine = FileStatus(descriptor: open), mine == FileStatus(lockPath) {
        descriptor = open
        return
      }
      close(open)
    }
  }

  deinit {
    _ = lockPath.withPath { unlink($0) }
    close(descriptor)
  }
}
