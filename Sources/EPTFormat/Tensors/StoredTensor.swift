/// A tensor of a file: its encoded numbers, mapped or, where the file has them compressed, decoded.
public struct StoredTensor: Sendable {
  /// The tensor's name.
  public let name: String
  /// Sizes, outermost first; row-major.
  public let shape: [Int]
  /// How its numbers are encoded.
  public let encoding: TensorEncoding
  /// The encoded numbers, there as long as this value: whoever keeps the pointer keeps the tensor.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes` where they are.
  private let owner: any AnyObject & Sendable

  /// Describes `bytes`, which are there as long as `owner`.
  ///
  /// The reader that makes it has checked that the byte count fits shape and encoding.
  init(
    name: String, shape: [Int], encoding: TensorEncoding, bytes: UnsafeRawBufferPointer,
    owner: any AnyObject & Sendable
  ) {
    self.name = name
    self.shape = shape
    self.encoding = encoding
    self.bytes = bytes
    self.owner = owner
  }

  /// Calls `body` with the encoded numbers, which are there until it returns.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(owner) { try body(bytes) }
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
  /// - Throws: `FormatError.missingTensor`, `.unsupported` for a type that is no weight, or
  ///   `.corrupt` for contents that are damaged.
  func tensor(_ name: String) throws -> StoredTensor
  /// Does on `threads` threads what the first use of each tensor would do on one.
  ///
  /// - Throws: What `tensor` throws.
  func prepare(_ names: [String], threads: Int) throws
}

extension WeightSource {
  /// Does nothing: for sources whose tensors need no preparation.
  public func prepare(_ names: [String], threads: Int) throws {}

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
