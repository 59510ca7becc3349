extension ContainerKind {
  /// The kind whose magic the file at `path` begins with, nil if it is something else.
  ///
  /// - Throws: `FormatError.missingFile` or `.system`.
  public init?(ofFile path: String) throws {
    let file = try MappedFile(path: path)
    let start = Array(file.bytes.prefix(8))
    guard let kind = Self.allCases.first(where: { $0.magic == start }) else { return nil }
    self = kind
  }
}
