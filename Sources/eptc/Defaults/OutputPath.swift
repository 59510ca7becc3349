import EPTSystem
import Glibc

/// Checks made before long work, so that it is not lost at its end.
enum OutputPath {
  /// Refuses an output that exists, is one of `inputs`, is no file, or whose folder cannot be written.
  ///
  /// - Parameters:
  ///   - path: Where the output will be.
  ///   - replacing: Whether a file that is there may be replaced.
  ///   - inputs: The files that the command reads; none of them is ever replaced.
  /// - Throws: `SystemError.outputExists`, `.outputIsInput` or `.system`.
  static func check(_ path: String, replacing: Bool, inputs: [String]) throws {
    func refusal(_ reason: String) -> SystemError {
      .system(operation: .create, path: path.isEmpty ? "an output" : path, reason: reason)
    }
    guard !path.isEmpty else { throw refusal("its name is empty") }
    guard !path.hasSuffix("/") else { throw refusal("its name is that of a folder") }
    if let existing = FileStatus(path) {
      switch existing.kind {
      case .file: break
      case .folder: throw refusal("it is a folder; name a file")
      case .device: throw refusal("it is a device; name a file")
      case .fifo: throw refusal("it is a FIFO; name a file")
      case .other: throw refusal("it is there and is no regular file")
      }
      if let input = inputs.first(where: { FileStatus($0) == existing }) {
        throw SystemError.outputIsInput(path: path, input: input)
      }
      guard replacing else { throw SystemError.outputExists(path: path) }
    }
    // Room for the endings of the files beside it.
    guard PathBytes.bytes(path.fileName).count <= Int(NAME_MAX) - 16 else {
      throw refusal("its name is too long")
    }
    guard path.folder.withPath({ access($0, W_OK) }) == 0 else { throw refusal(systemReason()) }
  }

  /// Refuses two of `paths` that are one file, or will be.
  ///
  /// - Throws: `CommandError.sameOutput`.
  static func requireDistinct(_ paths: [String]) throws {
    for (index, path) in paths.enumerated() {
      for other in paths[..<index] {
        let isSame =
          FileStatus(path).map { $0 == FileStatus(other) }
          ?? (path.fileName.isIdentical(to: other.fileName)
            && FileStatus(path.folder) == FileStatus(other.folder))
        if isSame { throw CommandError.sameOutput(path: path, other: other) }
      }
    }
  }
}
