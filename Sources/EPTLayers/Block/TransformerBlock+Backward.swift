import EPTCompute

extension TransformerBlock {
  /// Turns the gradient with respect to the block's output, `[rows, d]`, into the one with respect
  /// to its input.
  ///
  /// Adds the gradient with respect to the encoder's states to `memoryGradient`, and that with
  /// respect to the projection that follows the block to `editGradient`. Without `reachesInput`
  /// only those are wanted, and self-attention has none to give.
  func backward(
    _ gradient: MatrixView, saved: BlockSaved, _ pass: BlockPass, memoryGradient: MatrixView?,
    editGradient: GatedProjection.Gradient?, reachesInput: Bool = true, _ workspace: Workspace
  ) {
    if let editGradient {
      editBackward(gradient, saved: saved, pass, into: editGradient, workspace)
    }
    if let crossAttention, let memory = pass.memory, let savedCross = saved.crossAttention,
      let memoryGradient, case .pre(_, let norm) = norms
    {
      workspace.forRowBlocks(gradient.rows) { block, scratch in
        feedForwardBackward(
          gradient, rows: block, norm, saved: saved, in: scratch, workspace)
      }
      crossAttention.backward(
        gradient, saved: savedCross, starts: pass.starts, memory, memoryGradient: memoryGradient,
        workspace)
    }
    guard reachesInput else { return }
    let arena = workspace.arena
    let rows = gradient.rows
    arena.temporary {
      let context = arena.matrix(rows, attention.width)
      let dq = arena.matrix(rows, attention.width)
      let dk = arena.matrix(rows, attention.keyWidth)
      let dv = arena.matrix(rows, attention.keyWidth)
      workspace.forRowBlocks(rows) { block, scratch in
        switch norms {
        case .pre(_, let norm):
          if crossAttention == nil {
            feedForwardBackward(
              gradient, rows: block, norm, saved: saved, in: scratch, workspace)
          }
        case .post(let attentionNorm, let norm):
          let stream = gradient.rows(block)
          norm.backward(stream, saved: saved.feedForwardNorm, rows: block, into: stream)
          feedForward.backward(
            stream, saved: saved.feedForward, rows: block, adding: true, into: stream,
            in: scratch, workspace)
          if let savedNorm = saved.attentionNorm {
            attentionNorm.backward(stream, saved: savedNorm, rows: block, into: stream)
          }
        }
        attention.output.backward(
          gradient.rows(block), into: context.rows(block), in: scratch, workspace)
      }
      attention.attention.backward(
        context, q: saved.q, k: saved.k, v: saved.v, into: (dq, dk, dv), starts: pass.starts,
        bias: { attention.bias(pass.positions, text: $0) }, workspace)
      workspace.forRowBlocks(rows) { block, scratch in
        attentionInputBackward(
          gradient, (dq.rows(block), dk.rows(block), dv.rows(block)), rows: block, saved: saved,
          pass.positions, in: scratch, workspace)
      }
    }
  }

  /// Turns the gradient with respect to the edited rows into the one with respect to the block's
  /// own output.
  private func editBackward(
    _ gradient: MatrixView, saved: BlockSaved, _ pass: BlockPass,
    into editGradient: GatedProjection.Gradient, _ workspace: Workspace
  ) {
    for (run, saved) in zip(pass.edits, saved.edits) {
      workspace.arena.temporary {
        let terms = GatedProjection.Terms(
          run.projection, rows: run.rows.count, hiddenSize: gradient.columns, in: workspace.arena)
        let rows = gradient.rows(run.rows)
        workspace.forRowBlocks(rows.rows) { block, scratch in
          run.projection.backward(
            rows.rows(block), saved: saved.rows(block), terms: terms.rows(block), in: scratch)
        }
        terms.add(to: editGradient, saved: saved, workspace)
      }
    }
  }

  /// Adds what the feed-forward layer, with its norm before it, gives to the stream's gradient.
  private func feedForwardBackward(
    _ gradient: MatrixView, rows: Range<Int>, _ norm: Norm, saved: BlockSaved, in scratch: Arena,
    _ workspace: Workspace
  ) {
    let stream = gradient.rows(rows)
    let normed = scratch.matrix(rows.count, gradient.columns)
    feedForward.backward(
      stream, saved: saved.feedForward, rows: rows, adding: false, into: normed, in: scratch,
      workspace)
    norm.backward(normed, saved: saved.feedForwardNorm, rows: rows, adding: true, into: stream)
  }

  /// Adds what queries, keys and values give to the stream's gradient, through the norm before
  /// them if there is one.
  private func attentionInputBackward(
    _ gradient: MatrixView, _ d: (q: MatrixView, k: MatrixView, v: MatrixView), rows: Range<Int>,
    saved: BlockSaved, _ positions: BlockPositions, in scratch: Arena, _ workspace: Workspace
  ) {
    let stream = gradient.rows(rows)
    if case .pre(let norm?, _) = norms, let savedNorm = saved.attentionNorm {
      let normed = scratch.matrix(rows.count, gradient.columns)
      attention.projectBackward(
        dq: d.q, dk: d.k, dv: d.v, saved: saved.headNorms, rows: rows, adding: false, into: normed,
        positions, in: scratch, workspace)
      norm.backward(normed, saved: savedNorm, rows: rows, adding: true, into: stream)
    } else {
      attention.projectBackward(
        dq: d.q, dk: d.k, dv: d.v, saved: saved.headNorms, rows: rows, adding: true, into: stream,
        positions, in: scratch, workspace)
    }
  }
}
