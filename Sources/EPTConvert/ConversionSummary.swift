import EPTFormat

/// What a conversion did, or would do.
public struct ConversionSummary: Sendable, Equatable {
  /// One tensor's line.
  public struct Tensor: Sendable, Equatable {
    /// Its name in the output.
    public let name: String
    public let shape: [Int]
    /// The encoding in the checkpoint.
    public let sourceEncoding: TensorEncoding
    public let encoding: TensorEncoding
    /// Bytes in the checkpoint.
    public let sourceSize: Int
    /// Bytes in the output.
    public let storedSize: Int
  }

  /// The architecture's label.
  public let architecture: String
  /// In the order of the architecture's layers.
  public let tensors: [Tensor]
  /// Names of the checkpoint's tensors that the model does not read.
  public let dropped: [String]
  public let provenance: Provenance
  /// Bytes of the whole output.
  public let outputSize: Int

  /// Bytes of all sources.
  public var sourceSize: Int { provenance.sources.reduce(0) { $0 + $1.size } }

  /// How many weights the model has.
  public var parameterCount: Int {
    tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// What bundles will know the backbone by.
  public var fingerprint: SHA256Digest { provenance.fingerprint }
}
