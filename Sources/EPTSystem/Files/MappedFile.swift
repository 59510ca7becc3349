import CEPTSystem
import Glibc

/// A whole file mapped read-only; the mapping lasts as long as the object.
///
/// The pages are shared by every process that maps the same file. A file that is cut while it is
/// mapped ends the process by SIGBUS, which `MappingFaults` turns into a message.
public final class MappedFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// The file's bytes.
  ///
  /// Keep the `MappedFile` alive while using them.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// What to unmap: `bytes` and, for contents from memory, what surrounds them.
  private nonisolated(unsafe) let region: UnsafeMutableRawBufferPointer
  /// The mapping's number among those that `MappingFaults` tells by name.
  private let note: Int32
  /// Which file of which device is mapped; zeros for contents from memory.
  private let identity: (device: dev_t, node: ino_t)

  /// Maps the regular file at `path`.
  ///
  /// - Throws: `SystemError.missingFile` or `.system`.
  public init(path: String) throws {
    // Without waiting: a FIFO would, for someone to write into it.
    let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      if errno == ENOENT {
        throw SystemError.missingFile(path: path, hint: "no such file")
      }
      throw SystemError.system(operation: .open, path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SystemError.system(operation: .read, path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw SystemError.system(
        operation: .read, path: path,
        reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    self.path = path
    identity = (status.st_dev, status.st_ino)
    region = try Self.map(
      size: Int(status.st_size), protection: PROT_READ, flags: MAP_SHARED, descriptor, path: path)
    bytes = UnsafeRawBufferPointer(region)
    let noted = bytes
    note =
      noted.isEmpty ? -1 : path.withPath { ept_mapping_note(noted.baseAddress, noted.count, $0) }
  }

  /// Stands for a file of `contents` that would be at `path`, so that readers can be tried on any
  /// bytes without a disk.
  ///
  /// As in a real file's mapping the first byte's address is a multiple of 64; but the page after
  /// the last byte cannot be read, so that a reader that goes too far is stopped.
  ///
  /// - Throws: `SystemError.system`.
  package init(contents: UnsafeRawBufferPointer, path: String) throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let room = (contents.count + 63) & ~63
    let readable = (room + page - 1) / page * page
    self.path = path
    identity = (0, 0)
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
    let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw readFailure(systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw readFailure(systemReason()) }
    guard (status.st_dev, status.st_ino) == identity else {
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
      throw SystemError.system(operation: .map, path: path, reason: systemReason())
    }
    return UnsafeMutableRawBufferPointer(start: address, count: size)
  }
}

/// The system's text for the current `errno`.
package func systemReason() -> String {
  String(cString: strerror(errno))
}
