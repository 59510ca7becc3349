import EPTCompute
import EPTLayers

/// The trained projections that follow blocks.
public struct DepthProjections: Sendable, Equatable {
  /// How many blocks and subspaces there are.
  public let shape: DepthShape
  /// `U` of each block. `[L·K·k, d]`
  public let down: Matrix
  /// `V` of each block. `[L·K·k, d]`
  public let up: Matrix
  /// `Wg` of each block. `[L·K, d]`
  ///
  /// There are no rows with one subspace.
  public let gate: Matrix
}

extension EPTPrompt {
  /// The projections that follow blocks; nil for none.
  public var depth: DepthProjections? {
    shape.depth.map {
      DepthProjections(
        shape: $0, down: self[.depthDown], up: self[.depthUp], gate: self[.depthGate])
    }
  }
}

/// One task's projections in memory of a pass or of a prompt that is made ready.
struct DepthEdits {
  /// Nil for no projections.
  let shape: DepthShape?
  /// A block of the encoder each, and of the decoder; nil for blocks that are left as they are.
  let encoder: [GatedProjection?]
  let decoder: [GatedProjection?]

  /// No projection after any block of `backbone`.
  init(none backbone: Backbone) {
    shape = nil
    encoder = backbone.encoder.blocks.map { _ in nil }
    decoder = (0..<(backbone.decoder?.blocks ?? 0)).map { _ in nil }
  }

  /// Copies of `depth`, which fits `backbone`, in memory of `arena`.
  init(_ depth: DepthProjections, _ backbone: Backbone, in arena: Arena) {
    func copy(_ matrix: Matrix) -> MatrixView {
      let view = arena.matrix(matrix.rows, matrix.columns)
      view.copy(matrix)
      return view
    }
    let (down, up, gate) = (copy(depth.down), copy(depth.up), copy(depth.gate))
    shape = depth.shape
    (encoder, decoder) = depth.shape.split(backbone) { block in
      GatedProjection(
        down: down.rows(depth.shape.vectors(of: block)),
        up: up.rows(depth.shape.vectors(of: block)),
        gate: gate.rows(depth.shape.gateVectors(of: block)), subspaces: depth.shape.subspaces)
    }
  }
}

/// Where the gradients of projections gather.
struct DepthGradients {
  let encoder: [GatedProjection.Gradient?]
  let decoder: [GatedProjection.Gradient?]
  /// Of `U`. `[L·K·k, d]`
  let down: MatrixView
  /// Of `V`. `[L·K·k, d]`
  let up: MatrixView
  /// Of `Wg`. `[L·K, d]`
  let gate: MatrixView

  /// Zeros for projections of `shape` on `backbone` of width `hiddenSize`.
  init(_ shape: DepthShape, _ backbone: Backbone, hiddenSize: Int, in arena: Arena) {
    let down = arena.zeros(shape.blocks * shape.vectors, hiddenSize)
    let up = arena.zeros(shape.blocks * shape.vectors, hiddenSize)
    let gate = arena.zeros(shape.blocks * shape.gateVectors, hiddenSize)
    (encoder, decoder) = shape.split(backbone) { block in
      GatedProjection.Gradient(
        down: down.rows(shape.vectors(of: block)), up: up.rows(shape.vectors(of: block)),
        gate: gate.rows(shape.gateVectors(of: block)))
    }
    (self.down, self.up, self.gate) = (down, up, gate)
  }

  /// The matrices by part.
  var parts: [(part: PromptPart, gradient: MatrixView)] {
    [(.depthDown, down), (.depthUp, up), (.depthGate, gate)]
  }
}

extension DepthShape {
  fileprivate func vectors(of block: Int) -> Range<Int> {
    block * vectors..<(block + 1) * vectors
  }

  fileprivate func gateVectors(of block: Int) -> Range<Int> {
    block * gateVectors..<(block + 1) * gateVectors
  }

  /// What `make` gives for the last blocks of both stacks, numbered from the encoder's first one
  /// that has a projection on; nil for the others.
  fileprivate func split<Value>(
    _ backbone: Backbone, _ make: (Int) -> Value
  ) -> (encoder: [Value?], decoder: [Value?]) {
    func values(_ blocks: Int, _ count: Int, from first: Int) -> [Value?] {
      (0..<blocks).map { block in
        block < blocks - count ? nil : make(first + block - (blocks - count))
      }
    }
    return (
      values(backbone.encoder.blocks.count, encoderBlocks, from: 0),
      values(backbone.decoder?.blocks ?? 0, decoderBlocks, from: encoderBlocks)
    )
  }
}
