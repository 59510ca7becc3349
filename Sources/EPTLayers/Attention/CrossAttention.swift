import EPTCompute
import EPTFormat

/// A decoder's attention over the encoder's states `H`, with projections folded away.
///
/// A classifier's decoder has a handful of rows and the encoder has hundreds, so no encoder row
/// is projected: `q·(H·Wkᵀ)ᵀ = (q·Wk)·Hᵀ`, and `P·(H·Wvᵀ) = (P·H)·Wvᵀ`, head by head. That is
/// cheaper while heads · rows of a text's decoder stay below heads · headWidth, and saves no
/// keys and values of the encoder's rows.
package struct CrossAttention: Sendable {
  /// What the gradient needs of one forward pass.
  struct Saved {
    let norm: Norm.Saved
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

  /// Describes an attention of `heads` heads without a factor of its scores.
  ///
  /// Heads are cut out of `key` and `value`: where they are int8, heads have a multiple of 16
  /// numbers.
  package init(
    norm: Norm, query: Linear, key: Linear, value: Linear, output: Linear, heads: Int
  ) {
    self.norm = norm
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    self.heads = heads
    headWidth = query.outputs / heads
  }

  /// Columns, or rows of a weight, that belong to `head`.
  private func inner(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  /// Columns that belong to `head` where each head has `width` of them.
  private func wide(_ head: Int, _ width: Int) -> Range<Int> { head * width..<(head + 1) * width }

  /// Attends from the decoder's stream `h` to each text's rows of the encoder's states.
  ///
  /// `starts` says where each text's rows of `h` start, then the total.
  func forward(
    _ h: MatrixView, starts: [Int], _ memory: EncoderMemory, saving: Bool, _ workspace: Workspace
  ) -> Saved? {
    let (states, texts) = (memory.states, memory.texts)
    let arena = workspace.arena
    let (rows, width) = (h.rows, h.columns)
    let saved =
      saving
      ? Saved(
        norm: Norm.Saved(rows: rows, columns: width, in: arena),
        queries: arena.matrix(rows * heads, width),
        probabilities: texts.enumerated().map { text, range in
          arena.matrix((starts[text + 1] - starts[text]) * heads, range.count)
        }) : nil
    arena.temporary {
      let queries = saved?.queries ?? arena.matrix(rows * heads, width)
      let context = arena.matrix(rows * heads, width)
      let joined = arena.matrix(rows, heads * headWidth)
      workspace.forRowBlocks(rows) { block, scratch in
        let normed = scratch.matrix(block.count, width)
        norm(h.rows(block), into: normed, saving: saved?.norm, rows: block)
        query.multiply(query.input(normed, in: scratch), into: joined.rows(block), workspace)
      }
      let folded = queries.reshaped(rows: rows, columns: heads * width)
      workspace.forEach(heads) { head, scratch in
        // [rows, headWidth] · Wk [headWidth, d]
        key.backward(
          joined.columns(inner(head)), outputs: inner(head),
          into: folded.columns(wide(head, width)), in: scratch, workspace)
      }
      // A few texts' queries are cut further, so that all threads have some.
      let parts = texts.count < 8 ? 4 : 1
      workspace.forEach(texts.count * parts) { piece, scratch in
        let (text, part) = (piece / parts, piece % parts)
        let all = starts[text] * heads..<starts[text + 1] * heads
        let mine = all.count * part / parts..<all.count * (part + 1) / parts
        let queryRows = queries.rows(all).rows(mine)
        let contextRows = context.rows(all).rows(mine)
        let textStates = states.rows(texts[text])
        guard let saved else {
          // One head whose keys and values are the states themselves.
          Attention(heads: 1, headWidth: width, scale: 1, isRounded: query.isQuantized).attend(
            q: queryRows, k: textStates, v: textStates, into: contextRows, in: scratch)
          return
        }
        let probability = saved.probabilities[text].rows(mine)
        // [rows · heads, d] · [encoder rows, d]ᵀ
        Product.multiply(queryRows, textStates, transposeB: true, into: probability)
        kernels.softmax(
          probability.base, Int64(probability.stride), nil, 0, Int64(probability.rows),
          Int64(probability.columns))
        Product.multiply(probability, textStates, into: contextRows)
      }
      let contextRows = context.reshaped(rows: rows, columns: heads * width)
      workspace.forEach(heads) { head, scratch in
        // [rows, d] · Wv [headWidth, d]ᵀ
        value.multiply(
          value.input(contextRows.columns(wide(head, width)), in: scratch), outputs: inner(head),
          into: joined.columns(inner(head)), workspace)
      }
      workspace.forRowBlocks(rows) { block, scratch in
        output.multiply(
          output.input(joined.rows(block), in: scratch), adding: true, into: h.rows(block),
          workspace)
      }
    }
    return saved
  }

  /// Turns `gradient` into the one with respect to the sub-layer's input stream, and adds the
  /// one with respect to the encoder's states to `memoryGradient`.
  func backward(
    _ gradient: MatrixView, saved: Saved, starts: [Int], _ memory: EncoderMemory,
    memoryGradient: MatrixView, _ workspace: Workspace
  ) {
    let (states, texts) = (memory.states, memory.texts)
    let arena = workspace.arena
    let (rows, width) = (gradient.rows, gradient.columns)
    arena.temporary {
      // With respect to P·H, then with respect to q·Wk in its place.
      let folded = arena.matrix(rows * heads, width)
      let foldedRows = folded.reshaped(rows: rows, columns: heads * width)
      let joined = arena.matrix(rows, heads * headWidth)
      workspace.forRowBlocks(rows) { block, scratch in
        output.backward(gradient.rows(block), into: joined.rows(block), in: scratch, workspace)
      }
      workspace.forEach(heads) { head, scratch in
        value.backward(
          joined.columns(inner(head)), outputs: inner(head),
          into: foldedRows.columns(wide(head, width)), in: scratch, workspace)
      }
      workspace.forEach(texts.count) { text, scratch in
        let mine = folded.rows(starts[text] * heads..<starts[text + 1] * heads)
        let queries = saved.queries.rows(starts[text] * heads..<starts[text + 1] * heads)
        let probability = saved.probabilities[text]
        let states = states.rows(texts[text])
        let stateGradient = memoryGradient.rows(texts[text])
        let scores = scratch.matrix(mine.rows, states.rows)
        Product.multiply(mine, states, transposeB: true, into: scores)
        Product.multiply(probability, transposeA: true, mine, adding: true, into: stateGradient)
        kernels.softmax_backward(
          probability.base, scores.base, Int64(scores.stride), Int64(scores.rows),
          Int64(scores.columns))
        Product.multiply(scores, transposeA: true, queries, adding: true, into: stateGradient)
        Product.multiply(scores, states, into: mine)
      }
      workspace.forEach(heads) { head, scratch in
        key.multiply(
          key.input(foldedRows.columns(wide(head, width)), in: scratch), outputs: inner(head),
          into: joined.columns(inner(head)), workspace)
      }
      workspace.forRowBlocks(rows) { block, scratch in
        let normed = scratch.matrix(block.count, width)
        query.backward(joined.rows(block), into: normed, in: scratch, workspace)
        norm.backward(
          normed, saved: saved.norm, rows: block, adding: true, into: gradient.rows(block))
      }
    }
  }
}
