import EPTFormat
import EPTModel

/// What a conversion did, or would do.
public struct ConversionSummary: Sendable, Equatable {
  /// One tensor's line.
  public struct Tensor: Sendable, Equatable {
    /// Its name in the output.
    public let name: String
    /// The dimensions, outermost first.
    public let shape: [Int]
    /// The type in the checkpoint.
    public let sourceType: String
    /// How its numbers are stored.
    public let encoding: TensorEncoding
    /// How the output has them compressed.
    public let codec: PayloadCodec
    /// Bytes in the checkpoint.
    public let sourceSize: Int
    /// Bytes in the output.
    public let storedSize: Int

    /// How far the output's numbers are from the checkpoint's, if that was asked for.
    public internal(set) var error: TensorDifference?

    /// Bits of the output for a number of the tensor, 0 for a tensor without any.
    public var bitsPerWeight: Double {
      let count = shape.reduce(1, *)
      return count > 0 ? 8 * Double(storedSize) / Double(count) : 0
    }
  }

  /// The architecture's label.
  public let architecture: String
  /// In the order of the architecture's layers.
  public internal(set) var tensors: [Tensor]
  /// Names of the checkpoint's tensors that the model does not read.
  public let dropped: [String]
  /// How the checkpoint pools an encoder's states; nil where it does not say.
  public let pooling: Pooling?
  /// What its user should know of the checkpoint, one line each.
  public let notes: [String]
  /// The files that were read.
  public let provenance: Provenance
  /// Bytes of the whole output.
  public let outputSize: Int

  /// Bytes of all sources.
  public var sourceSize: Int { provenance.sources.reduce(0) { $0 + $1.size } }

  /// Bytes of the output as a part of those of all sources.
  public var ratio: Double { Double(outputSize) / Double(max(1, sourceSize)) }

  /// Bits of the output's tensors for each of the model's weights.
  public var bitsPerWeight: Double {
    8 * Double(tensors.reduce(0) { $0 + $1.storedSize }) / Double(max(1, parameterCount))
  }

  /// How many weights the model has.
  public var parameterCount: Int {
    tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// What bundles will know the backbone by.
  public var fingerprint: SHA256Digest { provenance.fingerprint }
}
