import EPTSystem

/// A mapped GGUF file of version 2 or 3: a model's weights, configuration and tokenizer in one.
///
/// Everything but the numbers themselves is checked when it is opened.
public final class GGUFFile: Sendable {
  /// The whole mapped file.
  public let file: MappedFile
  /// All tensors' names, in the file's order.
  public let tensorNames: [String]
  private let metadata: [ByteName: GGUFValue]
  private let tensors: [ByteName: GGUFHeader.Tensor]

  /// Whether `file` is one by its first bytes.
  public static func recognizes(_ file: MappedFile) -> Bool {
    file.bytes.starts(with: GGUFHeader.magic)
  }

  /// Maps the file at `path` and checks its header.
  ///
  /// - Throws: `SystemError`, `FormatError.foreign`, `.truncated`, `.corrupt` or `.unsupported`.
  public convenience init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Checks a file that is mapped already; otherwise as `init(path:)`.
  public init(_ file: MappedFile) throws {
    if let foreign = ForeignFile(file.bytes), foreign != .gguf {
      throw foreign.error(path: file.path, expected: "a GGUF file")
    }
    let header = try withExtendedLifetime(file) { try GGUFHeader(file.bytes, path: file.path) }
    self.file = file
    tensorNames = header.tensors.map(\.name)
    metadata = header.metadata
    tensors = Dictionary(
      header.tensors.map { (ByteName($0.name), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The file's path.
  public var path: String { file.path }

  /// The value of `key` in the metadata, nil where there is none.
  public func value(_ key: String) -> GGUFValue? { metadata[ByteName(key)] }

  /// The shape of tensor `name`, outermost size first; nil where there is no such tensor.
  public func shape(of name: String) -> [Int]? { tensors[ByteName(name)]?.shape }

  /// Tensor `name`, called `newName`, nothing of it decoded.
  ///
  /// `rotatedHeads` is the number of heads, if the rows of each head are in the order of a rotation
  /// by neighbours, as in `llama`. Nil for rows as they are.
  ///
  /// - Throws: `FormatError.missingTensor`, or `.unsupported` for a type that is not read.
  public func checkpointTensor(
    _ name: String, called newName: String, rotatedHeads: Int? = nil
  ) throws -> CheckpointTensor {
    guard let tensor = tensors[ByteName(name)] else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    guard let type = tensor.type else {
      throw FormatError.unsupported(
        path: path, what: "type \(GGUFType.name(of: tensor.typeNumber)) of tensor `\(name)`",
        hint: "weights must be of type "
          + GGUFType.allCases.map(\.name).joined(separator: ", "))
    }
    let elements = UnsafeRawBufferPointer(rebasing: file.bytes[tensor.bytes])
    // A vector's rows are single numbers.
    let columns = rotatedHeads != nil && tensor.shape.count == 1 ? 1 : tensor.shape.last ?? 1
    let order = rotatedHeads.flatMap {
      HeadRows(rows: tensor.shape.reduce(1, *) / columns, heads: $0)
    }
    if let rotatedHeads, order == nil || columns % type.blockSize != 0 {
      throw FormatError.corrupt(
        path: path, location: "tensor `\(name)`",
        reason: "its sizes \(tensor.shape) are no \(rotatedHeads) heads of an even width")
    }
    if let plain = type.plain, order == nil {
      return try CheckpointTensor(
        name: newName, type: plain, shape: tensor.shape, elements: elements, owner: file,
        path: path)
    }
    return CheckpointTensor(
      name: newName, shape: tensor.shape,
      blocks: TensorBlocks(type: type, columns: columns, order: order), elements: elements,
      owner: file)
  }
}
