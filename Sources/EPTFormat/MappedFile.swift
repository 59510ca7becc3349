import Glibc

/// A whole file mapped read-only; the mapping lasts as long as the object.
///
/// The pages are shared by every process that maps the same file.
public final class MappedFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// The file's bytes.
  ///
  /// Keep the `MappedFile` alive while using them.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// Maps the regular file at `path`.
  ///
  /// - Throws: `FormatError.missingFile` or `.system`.
  public init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT {
        throw FormatError.missingFile(path: path, hint: "no such file")
      }
      throw FormatError.system(operation: "open", path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FormatError.system(operation: "read", path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FormatError.system(
        operation: "read", path: path,
        reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else {
      throw FormatError.system(operation: "map", path: path, reason: systemReason())
    }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}

/// The system's text for the current `errno`.
func systemReason() -> String {
  String(cString: strerror(errno))
}
