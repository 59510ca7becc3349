import EPTFormat
import EPTSystem
import FoundationEssentials
import Glibc

/// Checks made before long work, so that it is not lost at its end.
enum OutputPath {
  /// Refuses an output that exists or whose folder cannot be written.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`.
  static func check(_ path: String, replacing: Bool) throws {
    if !replacing, access(path, F_OK) == 0 {
      throw SystemError.outputExists(path: path)
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(folder, W_OK) == 0 else {
      throw SystemError.system(
        operation: .create, path: path, reason: String(cString: strerror(errno)))
    }
  }
}
