import EPTCompute

extension TransformerBlock {
  /// One step of the stream `h`, `[rows, d]`, of a decoder that normalizes before its sub-layers.
  ///
  /// `pasts` are the rows of the cache's past that each row follows. The last of the block's steps in
  /// `cache` is this one's, and is filled.
  func step(
    _ h: MatrixView, _ rows: DecoderRows, _ pasts: [Range<Int>], block: Int, _ cache: KVCache,
    _ positions: BlockPositions, _ workspace: Workspace
  ) {
    guard case .pre(_, let norm) = norms else {
      preconditionFailure("a decoder normalizes before its sub-layers")
    }
    let all = 0..<h.rows
    workspace.arena.temporary {
      let context = selfAttentionStep(
        h, rows, pasts, past: cache.past.isEmpty ? nil : cache.past[block],
        steps: cache.steps[block], positions, workspace)
      addAttention(context, rows: all, to: h, in: workspace.arena, workspace)
    }
    if let crossAttention {
      crossAttention.step(h, rows, memory: cache.memory[block], texts: cache.texts, workspace)
    }
    workspace.forRowBlocks(h.rows) { rows, scratch in
      addFeedForward(h, rows: rows, norm, saving: nil, in: scratch, workspace)
    }
  }

  /// What each row's heads see of itself and of the rows it follows. `[rows, width]`
  private func selfAttentionStep(
    _ h: MatrixView, _ rows: DecoderRows, _ pasts: [Range<Int>], past: KeyValues?,
    steps: [KeyValues], _ positions: BlockPositions, _ workspace: Workspace
  ) -> MatrixView {
    let arena = workspace.arena
    let q = arena.matrix(h.rows, attention.width)
    let context = arena.zeros(h.rows, attention.width)
    guard let mine = steps.last else { return context }
    var bias: MatrixView?
    if case .bias(let relative) = attention.positions {
      bias = relative.history(steps: steps.count - 1, in: arena)
    }
    attention.project(
      attentionInput(h, rows: 0..<h.rows, saving: nil, in: arena), rows: 0..<h.rows, q: q,
      k: mine.keys, v: mine.values, saving: nil, positions, workspace)
    let (heads, width) = (attention.attention.heads, attention.attention.headWidth)
    let group = attention.attention.group
    workspace.forEach(h.rows) { row, scratch in
      let places = rows.history[row] + [row]
      let before = pasts[row].count
      let scores = scratch.matrix(heads, before + places.count)
      if let past, before > 0 {
        pastScores(q.row(row), past.rows(pasts[row]).keys, into: scores.columns(0..<before))
      }
      for (step, place) in places.enumerated() {
        let keys = steps[step].keys.row(place)
        for head in 0..<heads {
          scores.row(head)[before + step] =
            attention.attention.scale
            * kernels.dot(q.row(row) + head * width, keys + head / group * width, Int64(width))
        }
      }
      // A row of the bias a head, as if heads were the queries of one.
      kernels.softmax(
        scores.base, Int64(scores.stride), bias.map { UnsafePointer($0.base) },
        Int64(bias?.stride ?? 0), Int64(heads), Int64(scores.columns))
      if let past, before > 0 {
        addPast(
          scores.columns(0..<before), past.rows(pasts[row]).values, to: context.row(row))
      }
      for (step, place) in places.enumerated() {
        let values = steps[step].values.row(place)
        for head in 0..<heads {
          kernels.add_scaled(
            context.row(row) + head * width, values + head / group * width,
            scores.row(head)[before + step], Int64(width))
        }
      }
    }
    return context
  }

  /// The scores of a row's heads, `[heads · headWidth]`, for the keys of the past. `[heads, past]`
  private func pastScores(
    _ q: UnsafeMutablePointer<Float>, _ keys: MatrixView, into scores: MatrixView
  ) {
    let heads = attention.attention
    let queries = MatrixView(base: q, rows: heads.heads, columns: heads.headWidth)
    for keyHead in 0..<heads.keyHeads {
      let members = keyHead * heads.group..<(keyHead + 1) * heads.group
      // [group, headWidth] · [past, headWidth]ᵀ
      Product.multiply(
        queries.rows(members), keys.columns(heads.columns(keyHead)), transposeB: true,
        scale: heads.scale, into: scores.rows(members))
    }
  }

  /// Adds the values of the past by their weights, `[heads, past]`, to a row's heads.
  private func addPast(
    _ weights: MatrixView, _ values: MatrixView, to context: UnsafeMutablePointer<Float>
  ) {
    let heads = attention.attention
    let output = MatrixView(base: context, rows: heads.heads, columns: heads.headWidth)
    for keyHead in 0..<heads.keyHeads {
      let members = keyHead * heads.group..<(keyHead + 1) * heads.group
      // [group, past] · [past, headWidth]
      Product.multiply(
        weights.rows(members), values.columns(heads.columns(keyHead)), adding: true,
        into: output.rows(members))
    }
  }
}

extension CrossAttention {
  /// One step of the stream `h`, `[rows, d]`, over each text's rows of the encoder.
  fileprivate func step(
    _ h: MatrixView, _ rows: DecoderRows, memory: KeyValues, texts: [Range<Int>],
    _ workspace: Workspace
  ) {
    workspace.arena.temporary {
      let normed = workspace.arena.matrix(h.rows, h.columns)
      let q = workspace.arena.matrix(h.rows, heads * headWidth)
      let context = workspace.arena.matrix(h.rows, heads * headWidth)
      norm(h, into: normed, saving: nil, rows: 0..<h.rows)
      query.multiply(query.input(normed, in: workspace.arena), into: q, workspace)
      workspace.forEach(texts.count * heads) { piece, scratch in
        let (text, head) = (piece / heads, piece % heads)
        let mine = rows.ofText[text]
        guard !mine.isEmpty else { return }
        let columns = head * headWidth..<(head + 1) * headWidth
        let scores = scratch.matrix(mine.count, texts[text].count)
        // [rows, headWidth] · [encoder rows, headWidth]ᵀ
        Product.multiply(
          q.rows(mine).columns(columns), memory.keys.rows(texts[text]).columns(columns),
          transposeB: true, into: scores)
        kernels.softmax(
          scores.base, Int64(scores.stride), nil, 0, Int64(scores.rows), Int64(scores.columns))
        Product.multiply(
          scores, memory.values.rows(texts[text]).columns(columns),
          into: context.rows(mine).columns(columns))
      }
      output.multiply(
        output.input(context, in: workspace.arena), adding: true, into: h, workspace)
    }
  }
}
