import Glibc

/// What is in a folder.
package enum FolderListing {
  /// The names of all that is in `folder`, in no order, without `.` and `..`.
  ///
  /// - Throws: `SystemError.system`.
  package static func names(in folder: String) throws -> [String] {
    guard let stream = folder.withPath({ opendir($0) }) else {
      let reason = errno == ENOTDIR ? "it is no folder" : systemReason()
      throw SystemError.system(operation: .open, path: folder, reason: reason)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          PathBytes.text(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
