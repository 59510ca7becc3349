import EPTFormat
import EPTSystem

/// Reads the JSON files of a checkpoint.
enum CheckpointJSON {
  /// Reads the file at `path`.
  ///
  /// - Throws: `FormatError`.
  static func read(_ path: String) throws -> JSON {
    try read(MappedFile(path: path))
  }

  /// Reads the file at `path`, nil where there is none.
  ///
  /// - Throws: `FormatError` for one that cannot be read.
  static func readIfPresent(_ path: String) throws -> JSON? {
    FileStatus(path) == nil ? nil : try read(path)
  }

  /// Reads `file`.
  ///
  /// - Throws: `FormatError.foreign` or `.corrupt`.
  static func read(_ file: MappedFile) throws -> JSON {
    try file.refuseStandIn(for: "a JSON file of a checkpoint")
    do {
      return try withExtendedLifetime(file) { try JSON(parsing: file.bytes) }
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: file.path, location: "byte \(error.offset)", reason: error.reason)
    }
  }
}
