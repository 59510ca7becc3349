import EPTSystem

/// A mapped safetensors file (https://huggingface.co/docs/safetensors).
///
/// Everything but the numbers themselves is checked when it is opened.
public final class SafetensorsFile: CheckpointFile {
  /// A tensor of any type the format knows.
  public struct Entry: Sendable {
    /// The tensor's name.
    public let name: String
    /// The type of its numbers.
    public let type: SafetensorsType
    /// Sizes, outermost first; row-major.
    public let shape: [Int]
    /// The stored bytes, little-endian, unaligned, there as long as this value.
    package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// Keeps `bytes` where they are.
    private let file: MappedFile

    init(
      name: String, type: SafetensorsType, shape: [Int], bytes: UnsafeRawBufferPointer,
      file: MappedFile
    ) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
      self.file = file
    }

    /// Bytes of the stored numbers.
    public var byteCount: Int { bytes.count }

    /// Calls `body` with the stored bytes, which are there until it returns.
    public func withBytes<Result>(
      _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
      try withExtendedLifetime(file) { try body(bytes) }
    }
  }

  /// The header's `__metadata__`.
  public let metadata: [ByteName: String]
  /// All tensors, in file order.
  public let entries: [Entry]
  /// The whole mapped file.
  public let file: MappedFile
  private let indices: [ByteName: Int]

  /// Maps the file at `path` and checks its header.
  ///
  /// - Throws: `SystemError.missingFile`, `.system`, `.foreign`, `.truncated`, `.corrupt` or
  ///   `.unsupported`.
  public convenience init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Checks a file that is mapped already; otherwise as `init(path:)`.
  package init(_ file: MappedFile) throws {
    let path = file.path
    if let foreign = ForeignFile(file.bytes), foreign != .safetensors {
      throw foreign.error(path: path, expected: "a safetensors file")
    }
    let header = try SafetensorsHeader(file.bytes, path: path)
    let buffer = UnsafeRawBufferPointer(rebasing: file.bytes[header.bufferStart...])
    entries = header.tensors.map {
      Entry(
        name: $0.name, type: $0.type, shape: $0.shape,
        bytes: UnsafeRawBufferPointer(rebasing: buffer[$0.range]), file: file)
    }
    var indices: [ByteName: Int] = [:]
    for (index, entry) in entries.enumerated() { indices[ByteName(entry.name)] = index }
    self.indices = indices
    metadata = header.metadata
    self.file = file
  }

  public var tensorNames: [String] { entries.map(\.name) }

  /// The tensor called `name` whatever its type, nil where there is none.
  public func entry(_ name: String) -> Entry? {
    indices[ByteName(name)].map { entries[$0] }
  }

  public func checkpointTensor(_ name: String) throws -> CheckpointTensor {
    guard let entry = entry(name) else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    return try CheckpointTensor(
      name: name, type: entry.type, shape: entry.shape, elements: entry.bytes, owner: file,
      path: path)
  }
}
