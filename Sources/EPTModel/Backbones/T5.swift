import EPTFormat

/// A T5 encoder-decoder (Raffel et al., 2020), version 1.0 or 1.1.
///
/// RMSNorm before each sub-layer, no `1/√headWidth`, and a relative position bias that the
/// first layer of a stack holds for all of them.
struct T5: Backbone {
  /// What the gradient needs of one forward pass.
  struct Kept {
    fileprivate let attention: [T5SelfAttention.Kept]
    fileprivate let feedForward: [T5FeedForward.Kept]
    fileprivate let norm: Norm.Kept
    fileprivate let biases: [AttentionBias]
  }

  let wordEmbeddings: Embedding
  var positions: Int? { nil }
  var segments: Int? { nil }
  let decoder: T5Decoder?

  private let blocks: [(attention: T5SelfAttention, feedForward: T5FeedForward)]
  private let bias: RelativeBias
  private let norm: Norm

  init(
    _ weights: any WeightSource, _ configuration: T5Configuration, _ precision: Precision?
  ) throws {
    wordEmbeddings = try Embedding(
      weights, "shared.weight", rows: configuration.vocabularySize,
      columns: configuration.width, precision)
    blocks = try (0..<configuration.encoderLayers).map { layer in
      (
        try T5SelfAttention(weights, "encoder.block.\(layer).layer.0", configuration, precision),
        try T5FeedForward(weights, "encoder.block.\(layer).layer.1", configuration, precision)
      )
    }
    bias = try RelativeBias(weights, stack: "encoder", configuration, isBidirectional: true)
    norm = try Norm.rootMeanSquare(
      weights, "encoder.final_layer_norm", width: configuration.width,
      epsilon: configuration.normEpsilon)
    decoder = try T5Decoder(
      weights, configuration, wordEmbeddings: wordEmbeddings, precision)
  }

  func encode(
    _ input: MatrixView, _ layout: JoinedLayout, keeping: Bool, _ workspace: Workspace
  ) -> (states: MatrixView, kept: Kept?) {
    let longest = (0..<layout.count).map { layout.joined($0).count }.max() ?? 0
    let biases = [AttentionBias](
      repeating: bias.table(length: longest, in: workspace.arena), count: layout.count)
    var attention: [T5SelfAttention.Kept] = []
    var feedForward: [T5FeedForward.Kept] = []
    for block in blocks {
      if let kept = block.attention.forward(
        input, starts: layout.starts, biases: biases, keeping: keeping, workspace)
      {
        attention.append(kept)
      }
      if let kept = block.feedForward.forward(input, keeping: keeping, workspace) {
        feedForward.append(kept)
      }
    }
    let kept =
      keeping
      ? Norm.Kept(rows: input.rows, columns: input.columns, in: workspace.arena) : nil
    workspace.forRowBlocks(input.rows) { rows, _ in
      let block = input.rows(rows)
      norm(block, into: block, keeping: kept, rows: rows)
    }
    return (
      input,
      kept.map { Kept(attention: attention, feedForward: feedForward, norm: $0, biases: biases) }
    )
  }

  func inputGradient(
    _ gradient: MatrixView, kept: Kept, _ layout: JoinedLayout, _ workspace: Workspace
  ) -> MatrixView {
    workspace.forRowBlocks(gradient.rows) { rows, _ in
      let block = gradient.rows(rows)
      norm.backward(block, kept: kept.norm, rows: rows, into: block)
    }
    for index in blocks.indices.reversed() {
      blocks[index].feedForward.backward(gradient, kept: kept.feedForward[index], workspace)
      blocks[index].attention.backward(
        gradient, kept: kept.attention[index], starts: layout.starts, biases: kept.biases,
        workspace)
    }
    return gradient
  }
}

extension RelativeBias {
  /// The bias of a stack, `encoder` or `decoder`.
  ///
  /// - Throws: `FormatError`.
  init(
    _ weights: any WeightSource, stack: String, _ configuration: T5Configuration,
    isBidirectional: Bool
  ) throws {
    self.init(
      weight: try weights.matrix(
        "\(stack).block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        configuration.relativeBuckets, configuration.heads),
      maximumDistance: configuration.relativeMaximumDistance, isBidirectional: isBidirectional)
  }
}
