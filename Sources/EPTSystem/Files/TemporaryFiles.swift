import Glibc

/// The files that `AtomicFile` writes to before they have their names.
///
/// Each is locked (`flock`) by the process that writes it. The lock goes with the process, however
/// it ends, so that a file without one is abandoned.
enum TemporaryFiles {
  private static let prefix = ".eptc-"
  private static let suffix = ".tmp"

  /// A path in `folder` that nothing has yet, in all likelihood.
  static func newPath(in folder: String) -> String {
    "\(folder)/\(prefix)\(String(UInt64.random(in: 0 ... .max), radix: 36))\(suffix)"
  }

  /// The name of the file that is locked while an output called `name` is written.
  ///
  /// By a number, since a name may be as long as the file system allows (FNV-1a).
  static func lockName(of name: String) -> String {
    let hash = PathBytes.bytes(name).reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "\(prefix)lock-\(String(hash, radix: 36))\(suffix)"
  }

  /// Marks an open file as being written by this process.
  ///
  /// Where the file system has no locks, nothing is ever abandoned.
  static func claim(_ descriptor: Int32) {
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
  }

  /// Makes and claims a file in `folder`; nil, with `errno` set, where that fails.
  static func create(in folder: String) -> (descriptor: Int32, path: String)? {
    while true {
      let path = newPath(in: folder)
      let descriptor = path.withPath {
        open($0, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
      }
      guard descriptor >= 0 else { return nil }
      claim(descriptor)
      // Another process may have taken it for abandoned before it was claimed.
      var status = stat()
      if fstat(descriptor, &status) != 0 || status.st_nlink > 0 { return (descriptor, path) }
      close(descriptor)
    }
  }

  /// Removes what killed processes left in `folder`.
  ///
  /// Nothing hinges on its success.
  static func removeAbandoned(in folder: String) {
    for name in (try? FolderListing.names(in: folder)) ?? [] {
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      let path = "\(folder)/\(name)"
      let descriptor = path.withPath {
        open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      }
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = path.withPath { unlink($0) } }
      close(descriptor)
    }
  }
}
