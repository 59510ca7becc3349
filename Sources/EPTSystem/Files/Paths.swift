extension String {
  /// Whether this names something in a folder, and nothing outside of it: no path, and short enough
  /// for endings to be added.
  package var isPlainFileName: Bool {
    !isEmpty && self != "." && self != ".." && utf8.count <= 200
      && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
  }

  /// The folder of the file at this path.
  package var folder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// The name of the file at this path.
  package var fileName: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }

  /// The path of a folder in the form to which `/name` can be appended.
  package var droppingTrailingSlashes: String {
    var path = self
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
