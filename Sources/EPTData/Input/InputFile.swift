import EPTSystem
import Glibc
import Synchronization

/// An input that has been opened: standard input or a file, a FIFO or a device.
public struct InputFile: Sendable {
  /// What messages call it.
  public let name: String
  /// How far it has been read.
  public let position: InputPosition
  let descriptor: Int32
  let ownsDescriptor: Bool

  /// Standard input.
  public static var standardInput: InputFile {
    InputFile(descriptor: STDIN_FILENO, name: "stdin")
  }

  /// Takes a descriptor that someone else has opened and will close.
  public init(descriptor: Int32, name: String) {
    self.init(descriptor: descriptor, name: name, closing: false)
  }

  /// Opens the file at `path`; a FIFO waits for its writer, `-` is standard input.
  ///
  /// - Throws: `DataError.missingInput`.
  public init(path: String) throws {
    guard path != "-" else {
      self = .standardInput
      return
    }
    let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw DataError.missingInput(path: path, reason: String(cString: strerror(errno)))
    }
    self.init(descriptor: descriptor, name: path, closing: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw DataError.missingInput(path: path, reason: "it is a folder")
    }
  }

  private init(descriptor: Int32, name: String, closing: Bool) {
    self.descriptor = descriptor
    self.name = name
    ownsDescriptor = closing
    position = InputPosition()
  }

  /// How many bytes there are to read from here on; nil unless it is a regular file.
  public var size: Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return max(0, Int(status.st_size) - max(0, Int(lseek(descriptor, 0, SEEK_CUR))))
  }

  /// Its bytes, and with `hashing` their SHA-256; to be asked for once.
  func bytes(hashing: Bool = false) -> ByteSource {
    ByteSource(
      descriptor: descriptor, name: name, closing: ownsDescriptor, position: position,
      hashing: hashing)
  }
}

/// How many bytes of an input have been read; one thread counts, others may ask.
public final class InputPosition: Sendable {
  private let count = Atomic(0)

  package init() {}

  /// Bytes read so far, compressed ones where the input is compressed.
  public var bytes: Int { count.load(ordering: .relaxed) }

  func advance(by bytes: Int) { count.add(bytes, ordering: .relaxed) }
}
