import EPTFormat

/// A decoder's attention over the encoder's states `H`, with projections folded away.
///
/// A classifier's decoder has a handful of rows and the encoder has hundreds, so no encoder row
/// is projected: `q·(H·Wkᵀ)ᵀ = (q·Wk)·Hᵀ`, and `P·(H·Wvᵀ) = (P·H)·Wvᵀ`, head by head. That is
/// cheaper while heads · rows of a text's decoder stay below heads · headWidth, and keeps
/// nothing as long as the encoder's states.
struct T5CrossAttention: Sendable {
  /// What the gradient needs of one forward pass.
  struct Kept {
    let norm: Norm.Kept
    /// `q·Wk`, `[rows · heads, d]`.
    let queries: MatrixView
    /// Probabilities of each text, `[rows · heads, encoder rows]`.
    let probabilities: [MatrixView]
  }

  let norm: Norm
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  let heads: Int
  let headWidth: Int

  init(_ weights: any WeightSource, _ layer: String, _ configuration: T5Configuration) throws {
    let width = configuration.width
    heads = configuration.heads
    headWidth = configuration.headWidth
    let inner = heads * headWidth
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try Linear(
        weights, "\(layer).EncDecAttention.\(name)", outputs: outputs, inputs: inputs,
        hasBias: false)
    }
    norm = try Norm.rootMeanSquare(
      weights, "\(layer).layer_norm", width: width, epsilon: configuration.normEpsilon)
    query = try linear("q", inner, width)
    key = try linear("k", inner, width)
    value = try linear("v", inner, width)
    output = try linear("o", width, inner)
  }

  /// Columns, or rows of a weight, that belong to `head`.
  private func inner(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  /// Columns that belong to `head` where each head has `width` of them.
  private func wide(_ head: Int, _ width: Int) -> Range<Int> { head * width..<(head + 1) * width }

  /// Attends from the decoder's stream `h` over each text's rows of `states`.
  ///
  /// `starts` says where each text's rows of `h` start, then the total; `texts` which rows of
  /// `states` are each text's.
  func forward(
    _ h: MatrixView, starts: [Int], states: MatrixView, texts: [Range<Int>], keeping: Bool,
    _ workspace: Workspace
  ) -> Kept? {
    let arena = workspace.arena
    let (rows, width) = (h.rows, h.columns)
    let kept =
      keeping
      ? Kept(
        norm: Norm.Kept(rows: rows, columns: width, in: arena),
        queries: arena.matrix(rows * heads, width),
        probabilities: texts.enumerated().map { text, range in
          arena.matrix((starts[text + 1] - starts[text]) * heads, range.count)
        }) : nil
    arena.temporary {
      let queries = kept?.queries ?? arena.matrix(rows * heads, width)
      let context = arena.matrix(rows * heads, width)
      workspace.forRowBlocks(rows) { block, scratch in
        let normed = scratch.matrix(block.count, width)
        let q = scratch.matrix(block.count, heads * headWidth)
        norm(h.rows(block), into: normed, keeping: kept?.norm, rows: block)
        query(normed, into: q)
        let folded = queries.reshaped(rows: rows, columns: heads * width).rows(block)
        for head in 0..<heads {
          // [rows, headWidth] · Wk [headWidth, d]
          Product.large(
            q.columns(inner(head)), key.weight.view.rows(inner(head)),
            into: folded.columns(wide(head, width)))
        }
      }
      workspace.forEach(texts.count) { text, scratch in
        let mine = starts[text] * heads..<starts[text + 1] * heads
        let probability =
          kept?.probabilities[text] ?? scratch.matrix(mine.count, texts[text].count)
        // [rows · heads, d] · [encoder rows, d]ᵀ
        Product.small(
          queries.rows(mine), states.rows(texts[text]), transposeB: true, into: probability)
        kernels.softmax(
          probability.base, Int64(probability.stride), nil, 0, Int64(probability.rows),
          Int64(probability.columns))
        Product.small(probability, states.rows(texts[text]), into: context.rows(mine))
      }
      workspace.forRowBlocks(rows) { block, scratch in
        let folded = context.reshaped(rows: rows, columns: heads * width).rows(block)
        let joined = scratch.matrix(block.count, heads * headWidth)
        for head in 0..<heads {
          // [rows, d] · Wv [headWidth, d]ᵀ
          Product.large(
            folded.columns(wide(head, width)), value.weight.view.rows(inner(head)),
            transposeB: true, into: joined.columns(inner(head)))
        }
        output.multiply(joined, adding: true, into: h.rows(block))
      }
    }
    return kept
  }

  /// Turns `gradient` into the one with respect to the sub-layer's input stream, and adds the
  /// one with respect to `states` to `stateGradient`.
  func backward(
    _ gradient: MatrixView, kept: Kept, starts: [Int], states: MatrixView, texts: [Range<Int>],
    stateGradient: MatrixView, _ workspace: Workspace
  ) {
    let arena = workspace.arena
    let (rows, width) = (gradient.rows, gradient.columns)
    arena.temporary {
      // With respect to P·H, then with respect to q·Wk in its place.
      let folded = arena.matrix(rows * heads, width)
      let foldedRows = folded.reshaped(rows: rows, columns: heads * width)
      workspace.forRowBlocks(rows) { block, scratch in
        let joined = scratch.matrix(block.count, heads * headWidth)
        output.backward(gradient.rows(block), into: joined)
        for head in 0..<heads {
          Product.large(
            joined.columns(inner(head)), value.weight.view.rows(inner(head)),
            into: foldedRows.rows(block).columns(wide(head, width)))
        }
      }
      workspace.forEach(texts.count) { text, scratch in
        let mine = folded.rows(starts[text] * heads..<starts[text + 1] * heads)
        let queries = kept.queries.rows(starts[text] * heads..<starts[text + 1] * heads)
        let probability = kept.probabilities[text]
        let states = states.rows(texts[text])
        let stateGradient = stateGradient.rows(texts[text])
        let scores = scratch.matrix(mine.rows, states.rows)
        Product.small(mine, states, transposeB: true, into: scores)
        Product.small(probability, transposeA: true, mine, adding: true, into: stateGradient)
        kernels.softmax_backward(
          probability.base, scores.base, Int64(scores.stride), Int64(scores.rows),
          Int64(scores.columns))
        Product.small(scores, transposeA: true, queries, adding: true, into: stateGradient)
        Product.small(scores, states, into: mine)
      }
      workspace.forRowBlocks(rows) { block, scratch in
        let q = scratch.matrix(block.count, heads * headWidth)
        let normed = scratch.matrix(block.count, width)
        for head in 0..<heads {
          Product.large(
            foldedRows.rows(block).columns(wide(head, width)),
            key.weight.view.rows(inner(head)), transposeB: true, into: q.columns(inner(head)))
        }
        query.backward(q, into: normed)
        norm.backward(
          normed, kept: kept.norm, rows: block, adding: true, into: gradient.rows(block))
      }
    }
  }
}
