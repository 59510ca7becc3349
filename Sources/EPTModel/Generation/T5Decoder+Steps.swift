import Glibc

/// What a decoder has computed of the rows before, so that a step computes one row a beginning.
///
/// Keys and values of a step lie in a matrix of their own, which is never moved: a beginning that
/// is followed knows the row that it has in the matrix of each step before.
struct DecoderCache {
  /// Keys and values, `[rows, heads · headWidth]` each.
  struct Pair {
    let keys: MatrixView
    let values: MatrixView
  }

  /// Of each layer, those of the encoder's rows.
  fileprivate var states: [Pair] = []
  /// Of each layer and step, those of the decoder's rows.
  fileprivate var steps: [[Pair]] = []
}

/// The rows of one step of a decoder.
struct DecoderRows {
  /// The token that each row reads. `[rows]`
  var tokens: [Int32]
  /// The rows of the steps before that each row follows, the first step first. `[rows][steps]`
  var history: [[Int]]
  /// Each text's rows, none for one that is done. `[texts]`
  var ofText: [Range<Int>]
}

extension T5Decoder {
  /// Keys and values of the encoder's `states`, `[rows, d]`, in the pass's memory.
  func cache(_ states: MatrixView, _ workspace: Workspace) -> DecoderCache {
    var cache = DecoderCache()
    for block in blocks {
      let cross = block.cross
      let pair = DecoderCache.Pair(
        keys: workspace.arena.matrix(states.rows, cross.heads * cross.headWidth),
        values: workspace.arena.matrix(states.rows, cross.heads * cross.headWidth))
      workspace.forRowBlocks(states.rows) { rows, scratch in
        let states = states.rows(rows)
        cross.key.multiply(
          cross.key.input(states, in: scratch), into: pair.keys.rows(rows), workspace)
        cross.value.multiply(
          cross.value.input(states, in: scratch), into: pair.values.rows(rows), workspace)
      }
      cache.states.append(pair)
      cache.steps.append([])
    }
    return cache
  }

  /// The `count` most probable tokens after each row, the best first.
  ///
  /// Adds the rows' keys and values to `cache`. `texts` says which rows of the encoder's states
  /// are each text's.
  func step(
    _ rows: DecoderRows, cache: inout DecoderCache, texts: [Range<Int>], count: Int,
    _ workspace: Workspace
  ) -> [[BeamSearch.Candidate]] {
    let inner = blocks.first.map { $0.cross.heads * $0.cross.headWidth } ?? 0
    for layer in blocks.indices {
      // Before what is temporary: later steps read them.
      cache.steps[layer].append(
        DecoderCache.Pair(
          keys: workspace.arena.matrix(rows.tokens.count, inner),
          values: workspace.arena.matrix(rows.tokens.count, inner)))
    }
    return workspace.arena.temporary {
      let h = workspace.arena.matrix(rows.tokens.count, wordEmbeddings.columns)
      for (row, token) in rows.tokens.enumerated() {
        wordEmbeddings.copy(Int(token), to: h.row(row))
      }
      let bias = distanceBias(steps: rows.history.first?.count ?? 0, in: workspace.arena)
      for (layer, block) in blocks.enumerated() {
        block.attention.step(h, rows, steps: cache.steps[layer], bias: bias, workspace)
        block.cross.step(h, rows, states: cache.states[layer], texts: texts, workspace)
        _ = block.feedForward.forward(h, keeping: false, workspace)
      }
      norm(h, into: h, keeping: nil, rows: 0..<h.rows)
      return vocabulary.best(count, of: h, workspace)
    }
  }

  /// The bias of a row for itself and the `steps` rows before it, oldest first.
  /// `[heads, steps + 1]`
  private func distanceBias(steps: Int, in arena: Arena) -> MatrixView {
    let table = arena.matrix(bias.weight.columns, steps + 1)
    for column in 0...steps {
      let values = bias.weight.view.row(bias.bucket(column - steps))
      for head in 0..<table.rows { table.row(head)[column] = values[head] }
    }
    return table
  }
}

extension T5SelfAttention {
  /// One step of the stream `h`, `[rows, d]`; the last of `steps` is this one's, and is filled.
  fileprivate func step(
    _ h: MatrixView, _ rows: DecoderRows, steps: [DecoderCache.Pair], bias: MatrixView,
    _ workspace: Workspace
  ) {
    guard let mine = steps.last else { return }
    let (heads, width) = (attention.heads, attention.headWidth)
    workspace.arena.temporary {
      let normed = workspace.arena.matrix(h.rows, h.columns)
      let q = workspace.arena.matrix(h.rows, heads * width)
      let context = workspace.arena.zeros(h.rows, heads * width)
      norm(h, into: normed, keeping: nil, rows: 0..<h.rows)
      let input = query.input(normed, in: workspace.arena)
      query.multiply(input, into: q, workspace)
      key.multiply(input, into: mine.keys, workspace)
      value.multiply(input, into: mine.values, workspace)
      workspace.forEach(h.rows) { row, scratch in
        let places = rows.history[row] + [row]
        let scores = scratch.matrix(heads, places.count)
        for (step, place) in places.enumerated() {
          let keys = steps[step].keys.row(place)
          for head in 0..<heads {
            scores.row(head)[step] = kernels.dot(
              q.row(row) + head * width, keys + head * width, Int64(width))
          }
        }
        // A row of the bias a head, as if heads were the queries of one.
        kernels.softmax(
          scores.base, Int64(scores.stride), bias.base, Int64(bias.stride), Int64(heads),
          Int64(places.count))
        for (step, place) in places.enumerated() {
          let values = steps[step].values.row(place)
          for head in 0..<heads {
            kernels.add_scaled(
              context.row(row) + head * width, values + head * width, scores.row(head)[step],
              Int64(width))
          }
        }
      }
      output.multiply(
        output.input(context, in: workspace.arena), adding: true, into: h, workspace)
    }
  }
}

extension T5CrossAttention {
  /// One step of the stream `h`, `[rows, d]`, over each text's rows of `states`.
  fileprivate func step(
    _ h: MatrixView, _ rows: DecoderRows, states: DecoderCache.Pair, texts: [Range<Int>],
    _ workspace: Workspace
  ) {
    workspace.arena.temporary {
      let normed = workspace.arena.matrix(h.rows, h.columns)
      let q = workspace.arena.matrix(h.rows, heads * headWidth)
      let context = workspace.arena.matrix(h.rows, heads * headWidth)
      norm(h, into: normed, keeping: nil, rows: 0..<h.rows)
      query.multiply(query.input(normed, in: workspace.arena), into: q, workspace)
      workspace.forEach(texts.count * heads) { piece, scratch in
        let (text, head) = (piece / heads, piece % heads)
        let mine = rows.ofText[text]
        guard !mine.isEmpty else { return }
        let columns = head * headWidth..<(head + 1) * headWidth
        let scores = scratch.matrix(mine.count, texts[text].count)
        // [rows, headWidth] · [encoder rows, headWidth]ᵀ
        Product.multiply(
          q.rows(mine).columns(columns), states.keys.rows(texts[text]).columns(columns),
          transposeB: true, into: scores)
        kernels.softmax(
          scores.base, Int64(scores.stride), nil, 0, Int64(scores.rows), Int64(scores.columns))
        Product.multiply(
          scores, states.values.rows(texts[text]).columns(columns),
          into: context.rows(mine).columns(columns))
      }
      output.multiply(
        output.input(context, in: workspace.arena), adding: true, into: h, workspace)
    }
  }
}
