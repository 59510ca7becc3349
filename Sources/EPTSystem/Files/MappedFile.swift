import CEPTSystem
import Glibc

/// A whole file mapped read-only; the mapping lasts as long as the object.
///
/// The pages are shared by every process that maps the same file. A file that is cut while it is
/// mapped ends the process by SIGBUS, which `MappingFaults` turns into a message.
public final class MappedFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// The file's bytes, there as long as this object: whoever keeps the pointer keeps the object.
  ///
  /// `withBytes` is the way for all who do not.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// What to unmap: `bytes` and, for contents from memory, what surrounds them.
  private nonisolated(unsafe) let region: UnsafeMutableRawBufferPointer
  /// The mapping's number among those that `MappingFaults` tells by name.
  private let note: Int32
  /// The file as it was when it was opened; nil for contents from memory.
  private let status: FileStatus?

  /// Maps the regular file at `path`.
  ///
  /// - Throws: `SystemError.missingFile` or `.system`.
  public init(path: String) throws {
    let (descriptor, size) = try Self.open(path)
    defer { close(descriptor) }
    self.path = path
    status = FileStatus(descriptor: descriptor)
    region = try Self.map(
      size: size, protection: PROT_READ, flags: MAP_SHARED, descriptor, path: path)
    let mapped = UnsafeRawBufferPointer(region)
    bytes = mapped
    note =
      mapped.isEmpty ? -1 : path.withPath { ept_mapping_note(mapped.baseAddress, mapped.count, $0) }
  }

  /// Reads a regular file of at most `limit` bytes into memory.
  ///
  /// For small files, which others may write over while they are in use.
  ///
  /// - Throws: `SystemError.missingFile`, `.system`, or `.truncated` for a file that is cut meanwhile.
  package init(reading path: String, limit: Int) throws {
    let (descriptor, size) = try Self.open(path)
    defer { close(descriptor) }
    guard size <= limit else {
      throw SystemError.system(
        operation: .read, path: path, reason: "it has \(size) bytes; at most \(limit) make sense")
    }
    self.path = path
    status = nil
    note = -1
    region = try Self.map(
      size: size, protection: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS, -1,
      path: path)
    bytes = UnsafeRawBufferPointer(region)
    var done = 0
    while done < size {
      let count = pread(descriptor, region.baseAddress.map { $0 + done }, size - done, off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw readFailure(systemReason()) }
      guard count > 0 else { throw SystemError.truncated(path: path, have: done, expected: size) }
      done += count
    }
  }

  /// Opens the regular file at `path`; the caller closes it.
  private static func open(_ path: String) throws -> (descriptor: Int32, size: Int) {
    // Without waiting: a FIFO would, for someone to write into it.
    let descriptor = path.withPath { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      if errno == ENOENT {
        throw SystemError.missingFile(path: path, hint: "no such file")
      }
      throw SystemError.system(operation: .open, path: path, reason: systemReason())
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      defer { close(descriptor) }
      throw SystemError.system(operation: .read, path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw SystemError.system(
        operation: .read, path: path,
        reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    return (descriptor, Int(status.st_size))
  }

  /// Refuses to go on where the file's contents have been written over since it was opened.
  ///
  /// A file that was replaced by another under its name is none such: the old one stays mapped. Ask
  /// after the bytes were used and before anyone is told what came of it.
  ///
  /// - Throws: `SystemError.changed`.
  public func requireUnchanged() throws {
    guard let status, let now = FileStatus(path), now.isRewritten(since: status) else { return }
    throw SystemError.changed(path: path)
  }

  /// How many bytes the file has.
  public var byteCount: Int { bytes.count }

  /// Calls `body` with the bytes, which are there until it returns.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// Stands for a file of `contents` that would be at `path`, so that readers can be tried on any
  /// bytes without a disk.
  ///
  /// As in a real file's mapping, the first byte's address is a multiple of 64. The page after the
  /// last byte cannot be read, so a reader that goes too far is stopped.
  ///
  /// - Throws: `SystemError.system`.
  package init(contents: UnsafeRawBufferPointer, path: String) throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let room = (contents.count + 63) & ~63
    let readable = (room + page - 1) / page * page
    self.path = path
    status = nil
    region = try Self.map(
      size: readable + page, protection: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS,
      -1, path: path)
    note = -1
    let place = UnsafeMutableRawBufferPointer(
      rebasing: region[readable - room..<readable - room + contents.count])
    place.copyMemory(from: contents)
    bytes = UnsafeRawBufferPointer(place)
    guard let address = region.baseAddress, mprotect(address, readable, PROT_READ) == 0,
      mprotect(address + readable, page, PROT_NONE) == 0
    else {
      throw SystemError.system(operation: .map, path: path, reason: systemReason())
    }
  }

  deinit {
    ept_mapping_forget(note)
    if let address = region.baseAddress { munmap(address, region.count) }
  }

  /// Gives the pages of `part`, which lies in `bytes`, back to the system.
  ///
  /// They are read again when they are needed again. Without this a process that reads a large file
  /// once is counted as large as the file.
  package func releasePages(_ part: UnsafeRawBufferPointer) {
    guard let address = part.baseAddress, let start = region.baseAddress, note >= 0 else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (address - UnsafeRawPointer(start)) / page * page
    let last = (address - UnsafeRawPointer(start) + part.count) / page * page
    if last > first { madvise(start + first, last - first, MADV_DONTNEED) }
  }

  /// Reads the whole file from its start, `body` getting a part at a time in order.
  ///
  /// For one who needs every byte once: a read costs less than the faults of the pages in the map.
  ///
  /// - Throws: `SystemError.system`, also where another file is at the path now, or `.truncated`.
  package func readParts(_ body: (UnsafeRawBufferPointer) -> Void) throws {
    let (descriptor, _) = try Self.open(path)
    defer { close(descriptor) }
    guard FileStatus(descriptor: descriptor) == status else {
      throw readFailure("it was replaced while it was in use; start anew")
    }
    // Small enough to stay in a core's own cache.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var done = 0
    while done < bytes.count {
      let count = pread(
        descriptor, buffer.baseAddress, min(buffer.count, bytes.count - done), off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw readFailure(systemReason()) }
      guard count > 0 else {
        throw SystemError.truncated(path: path, have: done, expected: bytes.count)
      }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      done += count
    }
  }

  private func readFailure(_ reason: String) -> SystemError {
    .system(operation: .read, path: path, reason: reason)
  }

  /// Maps `size` bytes; none for a size of 0, which the system refuses.
  private static func map(
    size: Int, protection: Int32, flags: Int32, _ descriptor: Int32, path: String
  ) throws -> UnsafeMutableRawBufferPointer {
    guard size > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    guard let address = mmap(nil, size, protection, flags, descriptor, 0), address != MAP_FAILED
    else {
      guard errno != ENOMEM else { throw SystemError.outOfMemory(purpose: path, bytes: size) }
      throw SystemError.system(operation: .map, path: path, reason: systemReason())
    }
    return UnsafeMutableRawBufferPointer(start: address, count: size)
  }
}

/// The system's text for the current `errno`.
package func systemReason() -> String {
  String(cString: strerror(errno))
}
