import EPTFormat

// T5's sub-layers. Each normalizes a copy of the stream of hidden states `h`, `[rows, d]`, and
// adds its result to `h`. Backwards each turns the gradient with respect to its output stream
// into the one with respect to its input stream, in place.

/// Self-attention with a relative position bias.
struct T5SelfAttention: Sendable {
  /// What the gradient needs of one forward pass.
  struct Kept {
    let norm: Norm.Kept
    let q: MatrixView  // [rows, heads · headWidth]
    let k: MatrixView  // [rows, heads · headWidth]
    let v: MatrixView  // [rows, heads · headWidth]
  }

  let norm: Norm
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  let attention: Attention

  init(
    _ weights: any WeightSource, _ layer: String, _ configuration: T5Configuration,
    _ precision: Precision?
  ) throws {
    let width = configuration.width
    let inner = configuration.heads * configuration.headWidth
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try Linear(
        weights, "\(layer).SelfAttention.\(name)", outputs: outputs, inputs: inputs,
        hasBias: false, precision)
    }
    norm = try Norm.rootMeanSquare(
      weights, "\(layer).layer_norm", width: width, epsilon: configuration.normEpsilon)
    query = try linear("q", inner, width)
    key = try linear("k", inner, width)
    value = try linear("v", inner, width)
    output = try linear("o", width, inner)
    attention = Attention(
      heads: configuration.heads, headWidth: configuration.headWidth, scale: 1,
      isRounded: query.isQuantized)
  }

  func forward(
    _ h: MatrixView, starts: [Int], biases: [AttentionBias], keeping: Bool,
    _ workspace: Workspace
  ) -> Kept? {
    let arena = workspace.arena
    let (rows, inner) = (h.rows, query.outputs)
    let kept =
      keeping
      ? Kept(
        norm: Norm.Kept(rows: rows, columns: h.columns, in: arena), q: arena.matrix(rows, inner),
        k: arena.matrix(rows, inner), v: arena.matrix(rows, inner)) : nil
    arena.temporary {
      let q = kept?.q ?? arena.matrix(rows, inner)
      let k = kept?.k ?? arena.matrix(rows, inner)
      let v = kept?.v ?? arena.matrix(rows, inner)
      let context = arena.matrix(rows, inner)
      workspace.forRowBlocks(rows) { block, scratch in
        let input = norm.input(h, rows: block, of: query, keeping: kept?.norm, in: scratch)
        query.multiply(input, into: q.rows(block), workspace)
        key.multiply(input, into: k.rows(block), workspace)
        value.multiply(input, into: v.rows(block), workspace)
      }
      attention.forward(q: q, k: k, v: v, into: context, starts: starts, biases: biases, workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        output.multiply(
          output.input(context.rows(block), in: scratch), adding: true, into: h.rows(block),
          workspace)
      }
    }
    return kept
  }

  func backward(
    _ gradient: MatrixView, kept: Kept, starts: [Int], biases: [AttentionBias],
    _ workspace: Workspace
  ) {
    let arena = workspace.arena
    let (rows, inner) = (gradient.rows, query.outputs)
    arena.temporary {
      let context = arena.matrix(rows, inner)
      let dq = arena.matrix(rows, inner)
      let dk = arena.matrix(rows, inner)
      let dv = arena.matrix(rows, inner)
      workspace.forRowBlocks(rows) { block, scratch in
        output.backward(gradient.rows(block), into: context.rows(block), in: scratch, workspace)
      }
      attention.backward(
        context, q: kept.q, k: kept.k, v: kept.v, into: (dq, dk, dv), starts: starts,
        biases: biases,
        workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        let normed = scratch.matrix(block.count, gradient.columns)
        query.backward(dq.rows(block), into: normed, in: scratch, workspace)
        key.backward(dk.rows(block), adding: true, into: normed, in: scratch, workspace)
        value.backward(dv.rows(block), adding: true, into: normed, in: scratch, workspace)
        norm.backward(
          normed, kept: kept.norm, rows: block, adding: true, into: gradient.rows(block))
      }
    }
  }
}

/// The feed-forward sub-layer: ReLU in version 1.0, gated GELU in 1.1.
struct T5FeedForward: Sendable {
  /// What the gradient needs of one forward pass.
  struct Kept {
    let norm: Norm.Kept
    let inner: Inner
  }

  /// What the gradient of the inner function needs.
  enum Inner {
    /// Which of ReLU's numbers were above 0.
    case relu(Rectifier.Kept)
    /// The derivatives of the gated product by its two factors' inputs.
    /// `[rows, feedForwardWidth]` each
    case gated([MatrixView])
  }

  let norm: Norm
  /// `wi`, or `wi_0` (the gate) and `wi_1`.
  let inputs: [Linear]
  let output: Linear

  init(
    _ weights: any WeightSource, _ layer: String, _ configuration: T5Configuration,
    _ precision: Precision?
  ) throws {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    norm = try Norm.rootMeanSquare(
      weights, "\(layer).layer_norm", width: width, epsilon: configuration.normEpsilon)
    let names = configuration.feedForward == .relu ? ["wi"] : ["wi_0", "wi_1"]
    inputs = try names.map {
      try Linear(
        weights, "\(layer).DenseReluDense.\($0)", outputs: inner, inputs: width, hasBias: false,
        precision)
    }
    output = try Linear(
      weights, "\(layer).DenseReluDense.wo", outputs: width, inputs: inner, hasBias: false,
      precision)
  }

  func forward(_ h: MatrixView, keeping: Bool, _ workspace: Workspace) -> Kept? {
    let arena = workspace.arena
    let kept =
      keeping
      ? Kept(
        norm: Norm.Kept(rows: h.rows, columns: h.columns, in: arena),
        inner: keptInner(h.rows, in: arena)) : nil
    workspace.forRowBlocks(h.rows) { block, scratch in
      let input = norm.input(h, rows: block, of: inputs[0], keeping: kept?.norm, in: scratch)
      let hidden = inner(input, keeping: kept?.inner, rows: block, in: scratch, workspace)
      output.multiply(
        output.input(hidden, in: scratch), adding: true, into: h.rows(block), workspace)
    }
    return kept
  }

  private func keptInner(_ rows: Int, in arena: Arena) -> Inner {
    let width = output.inputs
    return inputs.count == 1
      ? .relu(Rectifier.Kept(rows: rows, columns: width, in: arena))
      : .gated(inputs.map { _ in arena.matrix(rows, width) })
  }

  /// The inner function of some rows. `[rows, feedForwardWidth]`
  private func inner(
    _ input: LinearInput, keeping kept: Inner?, rows: Range<Int>, in scratch: Arena,
    _ workspace: Workspace
  ) -> MatrixView {
    let hidden = scratch.matrix(rows.count, output.inputs)
    if inputs.count == 1 {
      if case .relu(let kept) = kept {
        inputs[0].multiply(input, into: hidden, workspace)
        Rectifier.forward(hidden, keeping: kept, rows: rows)
      } else {
        inputs[0].multiply(input, activation: .relu, into: hidden, workspace)
      }
      return hidden
    }
    var factors = inputs.map { _ in scratch.matrix(rows.count, hidden.columns) }
    if case .gated(let kept) = kept { factors = kept.map { $0.rows(rows) } }
    for (linear, factor) in zip(inputs, factors) {
      linear.multiply(input, into: factor, workspace)
    }
    kernels.gated_gelu(
      factors[0].base, factors[1].base, hidden.base, kept != nil, Int64(hidden.count))
    return hidden
  }

  func backward(_ gradient: MatrixView, kept: Kept, _ workspace: Workspace) {
    let inner = output.inputs
    workspace.forRowBlocks(gradient.rows) { block, scratch in
      let stream = gradient.rows(block)
      let hidden = scratch.matrix(block.count, inner)
      let normed = scratch.matrix(block.count, gradient.columns)
      output.backward(stream, into: hidden, in: scratch, workspace)
      switch kept.inner {
      case .relu(let kept):
        Rectifier.backward(hidden, kept: kept, rows: block)
        inputs[0].backward(hidden, into: normed, in: scratch, workspace)
      case .gated(let slopes):
        let product = scratch.matrix(block.count, inner)
        for (index, input) in inputs.enumerated() {
          kernels.multiply(
            product.base, hidden.base, slopes[index].rows(block).base, Int64(hidden.count))
          input.backward(
            product, adding: index > 0, into: normed, in: scratch, workspace)
        }
      }
      norm.backward(normed, kept: kept.norm, rows: block, adding: true, into: stream)
    }
  }
}
