import Glibc

/// What a path leads to.
struct FileStatus: Equatable {
  let isFolder: Bool
  private let device: dev_t
  private let node: ino_t

  /// Looks at `path`; nil where nothing is.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    device = status.st_dev
    node = status.st_ino
  }
}

extension String {
  /// The folder of the file at this path.
  var folder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// The name of the file at this path.
  var fileName: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }

  /// The path of a folder in the form to which `/name` can be appended.
  var droppingTrailingSlashes: String {
    var path = self
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
