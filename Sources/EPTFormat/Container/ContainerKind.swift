import EPTSystem

/// The files that share the container layout of docs/reference/format.md.
public enum ContainerKind: Sendable, CaseIterable {
  /// A frozen language model, `.ept`.
  case backbone
  /// A tuned prompt with its task, `.eptb`.
  case bundle
  /// A training run in the middle, `.checkpoint`.
  case checkpoint

  /// The file's first eight bytes.
  ///
  /// As PNG's: the high bit of the first byte catches 7-bit transfers, the line ends catch
  /// line-end conversion, and 0x1A stops the listing of the file as text.
  public var magic: [UInt8] {
    switch self {
    case .backbone: [0x89, 0x45, 0x50, 0x54, 0x0D, 0x0A, 0x1A, 0x0A]
    case .bundle: [0x89, 0x45, 0x50, 0x42, 0x0D, 0x0A, 0x1A, 0x0A]
    case .checkpoint: [0x89, 0x45, 0x50, 0x43, 0x0D, 0x0A, 0x1A, 0x0A]
    }
  }

  /// What a message calls the file.
  public var label: String {
    switch self {
    case .backbone: "a .ept backbone"
    case .bundle: "a .eptb bundle"
    case .checkpoint: "a checkpoint of a training run"
    }
  }
}

extension ContainerKind {
  /// The kind whose magic the file at `path` begins with, nil if it is something else.
  ///
  /// - Throws: `SystemError.missingFile` or `.system`.
  public init?(ofFile path: String) throws {
    let file = try MappedFile(path: path)
    let start = file.withBytes { Array($0.prefix(8)) }
    guard let kind = Self.allCases.first(where: { $0.magic == start }) else { return nil }
    self = kind
  }
}
