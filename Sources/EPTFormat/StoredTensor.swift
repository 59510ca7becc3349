/// A tensor as it stands in a mapped file.
public struct StoredTensor: Sendable {
  public let name: String
  /// Sizes, outermost first; row-major.
  public let shape: [Int]
  public let encoding: TensorEncoding
  /// The stored bytes, valid as long as this value.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  private let file: MappedFile

  /// Describes `bytes`, which lie in `file`.
  ///
  /// The reader that makes it has checked that the byte count fits shape and encoding.
  init(
    name: String, shape: [Int], encoding: TensorEncoding, bytes: UnsafeRawBufferPointer,
    file: MappedFile
  ) {
    self.name = name
    self.shape = shape
    self.encoding = encoding
    self.bytes = bytes
    self.file = file
  }

  /// How many numbers the tensor holds.
  public var count: Int { shape.reduce(1, *) }

  /// Where the numbers of a `q8` or `q4` matrix lie in `bytes`, nil in other encodings.
  public var panels: PanelGeometry? {
    guard shape.count == 2 else { return nil }
    return PanelGeometry(encoding, rows: shape[0], columns: shape[1])
  }
}

/// A file that holds named tensors: a checkpoint, a backbone, a bundle.
public protocol WeightSource: Sendable {
  /// The file, for messages.
  var path: String { get }
  /// All names, in file order.
  var tensorNames: [String] { get }
  /// The tensor called `name`.
  ///
  /// - Throws: `FormatError.missingTensor`, or `.unsupported` for a type that is no weight.
  func tensor(_ name: String) throws -> StoredTensor
}

extension WeightSource {
  /// The numbers of tensor `name`, which must have `shape`, as binary32.
  ///
  /// - Throws: `FormatError.missingTensor`, `.wrongShape`, `.unsupported`, or `.corrupt` for a
  ///   compressed tensor that cannot be decoded.
  public func floats(_ name: String, shape: [Int]) throws -> [Float] {
    let tensor = try tensor(name)
    guard tensor.shape == shape else {
      throw FormatError.wrongShape(
        path: path, tensor: name, expected: shape, actual: tensor.shape)
    }
    return try tensor.floats()
  }
}
