import EPTFormat

/// A BERT encoder (Devlin et al., 2019) with erf-GELU and LayerNorm after each residual sum.
struct BERT: Backbone {
  /// What the gradient needs of one forward pass.
  struct Kept {
    fileprivate let embedding: Norm.Kept
    fileprivate let blocks: [BERTBlock.Kept]
  }

  let wordEmbeddings: Embedding
  let positions: Int?
  let segments: Int?
  var decoder: T5Decoder? { nil }

  private let positionEmbeddings: Embedding
  private let segmentEmbeddings: Embedding
  private let norm: Norm
  private let blocks: [BERTBlock]

  init(
    _ weights: any WeightSource, _ configuration: BERTConfiguration, _ precision: Precision?
  ) throws {
    let width = configuration.width
    positions = configuration.positions
    segments = configuration.segments
    func embedding(_ name: String, rows: Int) throws -> Embedding {
      try Embedding(
        weights, "embeddings.\(name)_embeddings.weight", rows: rows, columns: width, precision)
    }
    wordEmbeddings = try embedding("word", rows: configuration.vocabularySize)
    positionEmbeddings = try embedding("position", rows: configuration.positions)
    segmentEmbeddings = try embedding("token_type", rows: configuration.segments)
    norm = try Norm.layer(
      weights, "embeddings.LayerNorm", width: width, epsilon: configuration.normEpsilon)
    blocks = try (0..<configuration.layers).map {
      try BERTBlock(weights, "encoder.layer.\($0)", configuration, precision)
    }
  }

  func encode(
    _ input: MatrixView, _ layout: JoinedLayout, keeping: Bool, _ workspace: Workspace
  ) -> (states: MatrixView, kept: Kept?) {
    let kept =
      keeping
      ? Norm.Kept(rows: input.rows, columns: input.columns, in: workspace.arena) : nil
    addPositionsAndSegments(input, layout, workspace)
    if !keeping, let groups = layout.groups() {
      workspace.forEachAlone(groups.count) { group, own in
        let (texts, rows) = groups[group]
        let input = input.rows(rows)
        norm(input, into: input, keeping: nil, rows: 0..<input.rows)
        for block in blocks {
          _ = block.forward(input, starts: layout.starts(of: texts), keeping: false, own)
        }
      }
      return (input, nil)
    }
    workspace.forRowBlocks(input.rows) { rows, _ in
      let block = input.rows(rows)
      norm(block, into: block, keeping: kept, rows: rows)
    }
    let keptBlocks = blocks.map { block in
      block.forward(input, starts: layout.starts, keeping: keeping, workspace)
    }
    return (input, kept.map { Kept(embedding: $0, blocks: keptBlocks.compactMap { $0 }) })
  }

  /// Positions run over prompt and text; the prompt's rows count as the first segment.
  private func addPositionsAndSegments(
    _ input: MatrixView, _ layout: JoinedLayout, _ workspace: Workspace
  ) {
    let width = Int64(input.columns)
    workspace.forEach(layout.count) { text, scratch in
      let firstToken = layout.tokens(text).lowerBound
      let embedding = scratch.floats(input.columns)
      let segmentRows = segmentEmbeddings.rows(0..<segmentEmbeddings.rows, in: scratch)
      for (position, row) in layout.joined(text).enumerated() {
        let token = layout.tokenStarts[text] + row - firstToken
        let segment = row < firstToken ? 0 : Int(layout.segments[token])
        positionEmbeddings.copy(position, to: embedding)
        kernels.add_scaled(input.row(row), embedding, 1, width)
        kernels.add_scaled(input.row(row), segmentRows.row(segment), 1, width)
      }
    }
  }

  func inputGradient(
    _ gradient: MatrixView, kept: Kept, _ layout: JoinedLayout, _ workspace: Workspace
  ) -> MatrixView {
    for (block, keptBlock) in zip(blocks, kept.blocks).reversed() {
      block.backward(gradient, kept: keptBlock, layout, workspace)
    }
    workspace.forRowBlocks(gradient.rows) { rows, _ in
      let block = gradient.rows(rows)
      norm.backward(block, kept: kept.embedding, rows: rows, into: block)
    }
    return gradient
  }
}

/// One layer: self-attention and feed-forward, each followed by residual sum and LayerNorm.
private struct BERTBlock: Sendable {
  struct Kept {
    let q: MatrixView  // [rows, d]
    let k: MatrixView  // [rows, d]
    let v: MatrixView  // [rows, d]
    /// GELU's derivative. `[rows, feedForwardWidth]`
    let slope: MatrixView
    let attentionNorm: Norm.Kept
    let outputNorm: Norm.Kept
  }

  let query: Linear
  let key: Linear
  let value: Linear
  let attention: Attention
  let attentionOutput: Linear
  let attentionNorm: Norm
  let intermediate: Linear
  let output: Linear
  let outputNorm: Norm

  init(
    _ weights: any WeightSource, _ name: String, _ configuration: BERTConfiguration,
    _ precision: Precision?
  ) throws {
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    func linear(_ suffix: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try Linear(
        weights, name + suffix, outputs: outputs, inputs: inputs, hasBias: true, precision)
    }
    func norm(_ suffix: String) throws -> Norm {
      try Norm.layer(weights, name + suffix, width: width, epsilon: configuration.normEpsilon)
    }
    query = try linear(".attention.self.query", width, width)
    key = try linear(".attention.self.key", width, width)
    value = try linear(".attention.self.value", width, width)
    let headWidth = width / configuration.heads
    attention = Attention(
      heads: configuration.heads, headWidth: headWidth, scale: 1 / Float(headWidth).squareRoot(),
      isRounded: query.isQuantized)
    attentionOutput = try linear(".attention.output.dense", width, width)
    attentionNorm = try norm(".attention.output.LayerNorm")
    intermediate = try linear(".intermediate.dense", inner, width)
    output = try linear(".output.dense", width, inner)
    outputNorm = try norm(".output.LayerNorm")
  }

  /// Turns the layer's input in `x`, `[rows, d]`, into its output.
  func forward(
    _ x: MatrixView, starts: [Int], keeping: Bool, _ workspace: Workspace
  ) -> Kept? {
    let arena = workspace.arena
    let (rows, width, inner) = (x.rows, x.columns, intermediate.outputs)
    let kept =
      keeping
      ? Kept(
        q: arena.matrix(rows, width), k: arena.matrix(rows, width), v: arena.matrix(rows, width),
        slope: arena.matrix(rows, inner),
        attentionNorm: Norm.Kept(rows: rows, columns: width, in: arena),
        outputNorm: Norm.Kept(rows: rows, columns: width, in: arena)) : nil
    arena.temporary {
      let q = kept?.q ?? arena.matrix(rows, width)
      let k = kept?.k ?? arena.matrix(rows, width)
      let v = kept?.v ?? arena.matrix(rows, width)
      let context = arena.matrix(rows, width)
      workspace.forRowBlocks(rows) { block, scratch in
        let input = query.input(x.rows(block), in: scratch)
        query.multiply(input, hasBias: true, into: q.rows(block), workspace)
        key.multiply(input, hasBias: true, into: k.rows(block), workspace)
        value.multiply(input, hasBias: true, into: v.rows(block), workspace)
      }
      attention.forward(
        q: q, k: k, v: v, into: context, starts: starts, biases: nil, workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        let x = x.rows(block)
        let product = scratch.matrix(block.count, width)
        let hidden = scratch.matrix(block.count, inner)
        attentionOutput.multiply(
          attentionOutput.input(context.rows(block), in: scratch), into: product, workspace)
        let input = intermediate.input(rows: block.count, in: scratch) { part in
          let sum = x.rows(part)
          attentionNorm(
            product.rows(part), bias: attentionOutput.bias, residual: sum, into: sum,
            keeping: kept?.attentionNorm,
            rows: block.lowerBound + part.lowerBound..<block.lowerBound + part.upperBound)
          return sum
        }
        if let kept {
          intermediate.multiply(input, into: hidden, workspace)
          gelu(hidden, slope: kept.slope.rows(block))
        } else {
          intermediate.multiply(
            input, hasBias: true, activation: .gelu, into: hidden, workspace)
        }
        output.multiply(output.input(hidden, in: scratch), into: product, workspace)
        outputNorm(
          product, bias: output.bias, residual: x, into: x, keeping: kept?.outputNorm, rows: block)
      }
    }
    return kept
  }

  /// `gelu(hidden + bias)` in place.
  private func gelu(_ hidden: MatrixView, slope: MatrixView) {
    guard let bias = intermediate.bias else { return }
    kernels.gelu(
      hidden.base, bias.numbers, slope.base, Int64(hidden.rows), Int64(hidden.columns))
  }

  /// Turns the gradient with respect to the layer's output, `[rows, d]`, into the one with
  /// respect to its input.
  func backward(
    _ gradient: MatrixView, kept: Kept, _ layout: JoinedLayout, _ workspace: Workspace
  ) {
    let arena = workspace.arena
    let (rows, width, inner) = (gradient.rows, gradient.columns, intermediate.outputs)
    arena.temporary {
      let context = arena.matrix(rows, width)
      let dq = arena.matrix(rows, width)
      let dk = arena.matrix(rows, width)
      let dv = arena.matrix(rows, width)
      workspace.forRowBlocks(rows) { block, scratch in
        let gradient = gradient.rows(block)
        let hidden = scratch.matrix(block.count, inner)
        outputNorm.backward(gradient, kept: kept.outputNorm, rows: block, into: gradient)
        output.backward(gradient, into: hidden, in: scratch, workspace)
        kernels.multiply(
          hidden.base, hidden.base, kept.slope.rows(block).base, Int64(hidden.count))
        intermediate.backward(hidden, adding: true, into: gradient, in: scratch, workspace)
        attentionNorm.backward(gradient, kept: kept.attentionNorm, rows: block, into: gradient)
        attentionOutput.backward(gradient, into: context.rows(block), in: scratch, workspace)
      }
      attention.backward(
        context, q: kept.q, k: kept.k, v: kept.v, into: (dq, dk, dv), starts: layout.starts,
        biases: nil, workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        let gradient = gradient.rows(block)
        query.backward(dq.rows(block), adding: true, into: gradient, in: scratch, workspace)
        key.backward(dk.rows(block), adding: true, into: gradient, in: scratch, workspace)
        value.backward(dv.rows(block), adding: true, into: gradient, in: scratch, workspace)
      }
    }
  }
}
