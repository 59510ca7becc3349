import CEPTSystem
import Glibc

/// A new file that appears under its path only when it is whole.
///
/// The bytes go to a temporary file in the same folder. It has no name where the system allows
/// that, so a killed process leaves nothing behind. `commit` syncs it and gives it its name. Without a commit the temporary file goes when the object goes. Where it must have
/// a name, a killed process leaves it; the next `AtomicFile` in the folder removes it.
public final class AtomicFile {
  /// The system's `pwrite`; tests put one here that fails.
  typealias Write = (Int32, UnsafeRawPointer?, Int, off_t) -> Int

  /// Linux's O_TMPFILE, which the Glibc module leaves out.
  private static let unnamedFlag: Int32 = 0o20_000_000 | O_DIRECTORY

  /// Where the file will be.
  public let path: String
  private let replacing: Bool
  private let folder: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let systemWrite: Write
  /// Whether something stands under `temporaryPath`.
  private var isNamed: Bool
  /// Bytes written since the system was last asked to bring them to disk.
  private var unsyncedCount = 0

  /// After as many bytes the disk is set to work, so that the sync at the end finds little left.
  private static let writeBackSize = 16 << 20

  /// Begins the file.
  ///
  /// - Parameters:
  ///   - path: Where it will be.
  ///   - replacing: Whether a file that is there may be replaced.
  /// - Throws: `SystemError.outputExists` or `.system`.
  public convenience init(path: String, replacing: Bool) throws {
    try self.init(path: path, replacing: replacing, prefersUnnamed: true, write: pwrite)
  }

  init(
    path: String, replacing: Bool, prefersUnnamed: Bool = true, write: @escaping Write = pwrite
  ) throws {
    try Self.checkTarget(path, replacing: replacing)
    self.path = path
    self.replacing = replacing
    systemWrite = write
    folder = path.folder
    TemporaryFiles.removeAbandoned(in: folder)

    if prefersUnnamed {
      let unnamed = folder.withPath { open($0, Self.unnamedFlag | O_WRONLY | O_CLOEXEC, 0o666) }
      // It gets its name through /proc, which a bare chroot lacks.
      if unnamed >= 0, access("/proc/self/fd/\(unnamed)", F_OK) == 0 {
        descriptor = unnamed
        temporaryPath = TemporaryFiles.newPath(in: folder)
        TemporaryFiles.claim(unnamed)
        isNamed = false
        return
      }
      if unnamed >= 0 { close(unnamed) }
    }
    guard let named = TemporaryFiles.create(in: folder) else {
      throw SystemError.system(operation: .create, path: path, reason: systemReason())
    }
    (descriptor, temporaryPath) = named
    isNamed = true
  }

  deinit {
    if isNamed { _ = temporaryPath.withPath { unlink($0) } }
    close(descriptor)
  }

  private static func checkTarget(_ path: String, replacing: Bool) throws {
    var status = stat()
    guard path.withPath({ stat($0, &status) }) == 0 else { return }
    // A folder would fail only at the end; a device would be replaced by a file.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SystemError.system(
        operation: .create, path: path, reason: "it is there and is no regular file")
    }
    guard replacing else { throw SystemError.outputExists(path: path) }
  }

  /// Claims room for a file of `size` bytes, so that a full disk shows before the work.
  ///
  /// - Throws: `SystemError.system`.
  public func reserve(_ size: Int) throws {
    guard size > 0 else { return }
    let code = posix_fallocate(descriptor, 0, off_t(size))
    // Any other refusal says nothing of room; writing will tell.
    guard [ENOSPC, EDQUOT, EFBIG].contains(code) else { return }
    throw SystemError.system(
      operation: .write, path: path, reason: String(cString: strerror(code)))
  }

  /// Makes the file `size` bytes long; bytes that were never written are zero.
  ///
  /// - Throws: `SystemError.system`.
  package func resize(to size: Int) throws {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure(.write) }
  }

  /// Writes `bytes` at `offset`.
  ///
  /// - Throws: `SystemError.system`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = systemWrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = count == 0 ? "nothing more could be written" : systemReason()
        throw SystemError.system(operation: .write, path: path, reason: reason)
      }
      done += count
    }
    unsyncedCount += done
    if unsyncedCount >= Self.writeBackSize {
      ept_begin_write_back(descriptor)
      unsyncedCount = 0
    }
  }

  /// Syncs the file to disk and gives it its name.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`; the path is untouched then.
  public func commit() throws {
    guard fsync(descriptor) == 0 else { throw failure(.sync) }
    if !isNamed, link(to: path) {
      syncFolder()
      return
    }
    try Self.checkTarget(path, replacing: replacing)
    if !isNamed {
      guard link(to: temporaryPath) else { throw failure(.name) }
      isNamed = true
    }
    guard temporaryPath.withPath({ from in path.withPath { rename(from, $0) } }) == 0 else {
      throw failure(.rename)
    }
    isNamed = false
    syncFolder()
  }

  /// Gives the unnamed file a name that nothing has yet.
  private func link(to name: String) -> Bool {
    name.withPath {
      linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, $0, AT_SYMLINK_FOLLOW) == 0
    }
  }

  private func syncFolder() {
    // Without this the new name may be lost with the power. Some file systems cannot: the
    // file is whole nevertheless.
    let folderDescriptor = folder.withPath { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private func failure(_ operation: SystemError.Operation) -> SystemError {
    .system(operation: operation, path: path, reason: systemReason())
  }

  /// Commits all of `files` or, as far as the system lets it, none.
  ///
  /// All are on disk before the first gets its name. Where one cannot get its name, those that did and
  /// stood nowhere before are removed.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`.
  package static func commit(_ files: [AtomicFile]) throws {
    for file in files { guard fsync(file.descriptor) == 0 else { throw file.failure(.sync) } }
    var made: [String] = []
    do {
      for file in files {
        let isNew = FileStatus(file.path) == nil
        try file.commit()
        if isNew { made.append(file.path) }
      }
    } catch {
      for path in made { _ = path.withPath { unlink($0) } }
      throw error
    }
  }

  /// Writes a whole file of `bytes`.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`.
  public static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws {
    let file = try AtomicFile(path: path, replacing: replacing)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }
}
