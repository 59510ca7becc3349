/// The sizes of the projections that follow blocks: EPT in depth.
public struct DepthShape: Sendable, Equatable {
  /// How many of the encoder's last blocks have one.
  public var encoderBlocks: Int
  /// How many of the decoder's last blocks have one.
  public var decoderBlocks: Int
  /// `K`, the number of subspaces; with one there is no gate.
  public var subspaces: Int
  /// `k`, the width of a subspace.
  public var subspaceWidth: Int

  public init(encoderBlocks: Int, decoderBlocks: Int, subspaces: Int, subspaceWidth: Int) {
    self.encoderBlocks = encoderBlocks
    self.decoderBlocks = decoderBlocks
    self.subspaces = subspaces
    self.subspaceWidth = subspaceWidth
  }

  /// `L`, all blocks that have one: the encoder's, then the decoder's.
  public var blocks: Int { encoderBlocks + decoderBlocks }

  /// `K·k`, the vectors of a block's `U`, and of its `V`.
  var vectors: Int { subspaces * subspaceWidth }

  /// `K`, the vectors of a block's gate; 0 with one subspace.
  var gateVectors: Int { subspaces == 1 ? 0 : subspaces }

  /// How many numbers are trained for a model of width `hiddenSize`: `L·(2·K·k + K)·d`, without the last
  /// `K` if there is one subspace.
  public func parameterCount(hiddenSize: Int) -> Int {
    blocks * (2 * vectors + gateVectors) * hiddenSize
  }
}
