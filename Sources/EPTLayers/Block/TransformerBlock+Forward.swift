import EPTCompute

// A block is a chain of stages: before attention, attention, after attention. Rows of a text meet
// in attention alone, so the other stages run on blocks of rows that stay in a core's cache.

extension TransformerBlock {
  /// Turns the block's input in the stream `h`, `[rows, d]`, into its output.
  func forward(
    _ h: MatrixView, _ pass: BlockPass, saving: Bool, _ workspace: Workspace
  ) -> BlockSaved? {
    let arena = workspace.arena
    let rows = h.rows
    var saved = saving ? BlockSaved(self, pass, rows: rows, width: h.columns, in: arena) : nil
    arena.temporary {
      let kept = pass.past == nil ? pass.kept : nil
      let q = saved?.q ?? arena.matrix(rows, attention.width)
      let k = saved?.k ?? kept?.keys ?? arena.matrix(rows, attention.keyWidth)
      let v = saved?.v ?? kept?.values ?? arena.matrix(rows, attention.keyWidth)
      let context = arena.matrix(rows, attention.width)
      workspace.forRowBlocks(rows) { block, scratch in
        attention.project(
          attentionInput(h, rows: block, saving: saved, in: scratch), rows: block,
          q: q.rows(block), k: k.rows(block), v: v.rows(block), saving: saved?.headNorms,
          pass.positions, workspace)
      }
      let (keys, values) = behindPast(k, v, pass, workspace)
      attention.attention.forward(
        q: q, k: keys, v: values, into: context, starts: pass.starts, keyStarts: pass.keyStarts,
        bias: { attention.bias(pass.positions, text: $0) }, workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        switch norms {
        case .pre(_, let norm):
          addAttention(context, rows: block, to: h, in: scratch, workspace)
          if crossAttention == nil {
            addFeedForward(h, rows: block, norm, saving: saved, in: scratch, workspace)
            edit(h, rows: block, pass.edits, saving: saved, in: scratch)
          }
        case .post(let attentionNorm, let norm):
          finish(
            context, h, rows: block, attentionNorm, norm, saving: saved, in: scratch, workspace)
          edit(h, rows: block, pass.edits, saving: saved, in: scratch)
        }
      }
    }
    if let crossAttention, let memory = pass.memory, case .pre(_, let norm) = norms {
      let savedCross = crossAttention.forward(
        h, starts: pass.starts, memory, saving: saving, workspace)
      saved?.crossAttention = savedCross
      workspace.forRowBlocks(rows) { block, scratch in
        addFeedForward(h, rows: block, norm, saving: saved, in: scratch, workspace)
        edit(h, rows: block, pass.edits, saving: saved, in: scratch)
      }
    }
    return saved
  }

  /// Each text's keys and values behind those of the rows before it. `[keys, keyWidth]` both
  private func behindPast(
    _ k: MatrixView, _ v: MatrixView, _ pass: BlockPass, _ workspace: Workspace
  ) -> (keys: MatrixView, values: MatrixView) {
    guard let past = pass.past else { return (k, v) }
    let total = pass.keyStarts[past.count]
    let all = pass.kept ?? KeyValues(rows: total, columns: k.columns, in: workspace.arena)
    let own = KeyValues(keys: k, values: v)
    workspace.forEach(past.count) { text, _ in
      let (first, end) = (pass.keyStarts[text], pass.keyStarts[text + 1])
      let rows = pass.starts[text]..<pass.starts[text + 1]
      if let before = past[text] { all.rows(first..<end - rows.count).copy(before) }
      all.rows(end - rows.count..<end).copy(own.rows(rows))
    }
    return (all.keys, all.values)
  }

  /// Adds the projections to some rows of the block's output, while they are in the cache.
  func edit(
    _ h: MatrixView, rows: Range<Int>, _ edits: [EditRun], saving saved: BlockSaved?,
    in scratch: Arena
  ) {
    for (index, run) in edits.enumerated() {
      let part = run.rows.clamped(to: rows)
      guard !part.isEmpty else { continue }
      let own = part.lowerBound - run.rows.lowerBound..<part.upperBound - run.rows.lowerBound
      run.projection.forward(
        h.rows(part), saving: saved?.edits[index].rows(own), in: scratch)
    }
  }

  /// Some rows of the stream, ready for queries, keys and values.
  func attentionInput(
    _ h: MatrixView, rows: Range<Int>, saving saved: BlockSaved?, in scratch: Arena
  ) -> LinearInput {
    if case .pre(let norm?, _) = norms {
      return norm.input(
        h, rows: rows, of: attention.query, saving: saved?.attentionNorm, in: scratch)
    }
    return attention.query.input(h.rows(rows), in: scratch)
  }

  /// Adds attention's output to the stream: the first residual sum of a pre-norm block.
  func addAttention(
    _ context: MatrixView, rows: Range<Int>, to h: MatrixView, in scratch: Arena,
    _ workspace: Workspace
  ) {
    attention.output.multiply(
      attention.output.input(context.rows(rows), in: scratch), adding: true, into: h.rows(rows),
      workspace)
  }

  /// Adds the feed-forward layer's output to the stream: the last residual sum of a pre-norm block.
  func addFeedForward(
    _ h: MatrixView, rows: Range<Int>, _ norm: Norm, saving saved: BlockSaved?, in scratch: Arena,
    _ workspace: Workspace
  ) {
    let input = norm.input(
      h, rows: rows, of: feedForward.up, saving: saved?.feedForwardNorm, in: scratch)
    let hidden = feedForward.hidden(
      input, saving: saved?.feedForward, rows: rows, in: scratch, workspace)
    feedForward.down.multiply(
      feedForward.down.input(hidden, in: scratch), adding: true, into: h.rows(rows), workspace)
  }

  /// All that follows attention in a post-norm block.
  ///
  /// Bias, residual sum and norm are one loop over a row, which is quantised right after it.
  private func finish(
    _ context: MatrixView, _ h: MatrixView, rows: Range<Int>, _ attentionNorm: Norm,
    _ feedForwardNorm: Norm, saving saved: BlockSaved?, in scratch: Arena, _ workspace: Workspace
  ) {
    let stream = h.rows(rows)
    let product = scratch.matrix(rows.count, h.columns)
    attention.output.multiply(
      attention.output.input(context.rows(rows), in: scratch), hasBias: false, into: product,
      workspace)
    let input = feedForward.up.input(rows: rows.count, in: scratch) { part in
      let sum = stream.rows(part)
      attentionNorm(
        product.rows(part), bias: attention.output.bias, residual: sum, into: sum,
        saving: saved?.attentionNorm,
        rows: rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound)
      return sum
    }
    let hidden = feedForward.hidden(
      input, saving: saved?.feedForward, rows: rows, in: scratch, workspace)
    feedForward.down.multiply(
      feedForward.down.input(hidden, in: scratch), hasBias: false, into: product, workspace)
    feedForwardNorm(
      product, bias: feedForward.down.bias, residual: stream, into: stream,
      saving: saved?.feedForwardNorm, rows: rows)
  }
}
