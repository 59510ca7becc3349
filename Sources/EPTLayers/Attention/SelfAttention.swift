import EPTCompute

/// What self-attention knows of positions.
package enum AttentionPositions: Sendable {
  /// Nothing: the input embeddings have positions.
  case none
  /// A bias by distance, T5's; blocks may share one.
  case bias(RelativeBias)
  /// Queries and keys are rotated by their positions.
  case rotary(Rotary)
  /// DeBERTa's: contents and distances meet in the scores.
  case disentangled(DisentangledBias)
}

/// A block's self-attention: projections, heads, and what it knows of positions.
package struct SelfAttention: Sendable {
  /// What the gradient needs of the norms of heads in one forward pass.
  struct SavedNorms {
    let query: Norm.Saved?
    let key: Norm.Saved?
  }

  package let query: Linear
  package let key: Linear
  package let value: Linear
  package let output: Linear
  /// Norms of each head of queries and of keys, before the rotation; nil for none.
  package let queryNorm: Norm?
  package let keyNorm: Norm?
  let attention: Attention
  let positions: AttentionPositions

  /// Describes an attention of `heads` heads, whose scores have the factor `scale`.
  ///
  /// `keyHeads`, by default as many, are the heads of keys and values.
  package init(
    query: Linear, key: Linear, value: Linear, output: Linear, queryNorm: Norm? = nil,
    keyNorm: Norm? = nil, heads: Int, keyHeads: Int? = nil, scale: Float,
    mask: AttentionMask = .full, positions: AttentionPositions = .none
  ) {
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    self.queryNorm = queryNorm
    self.keyNorm = keyNorm
    attention = Attention(
      heads: heads, keyHeads: keyHeads, headWidth: query.outputs / heads, scale: scale, mask: mask,
      isRounded: query.isQuantized)
    self.positions = positions
  }

  /// Numbers of a row of queries.
  var width: Int { query.outputs }

  /// Numbers of a row of keys or values.
  var keyWidth: Int { key.outputs }

  /// Which keys a query sees.
  package var mask: AttentionMask { attention.mask }

  /// Room for what the gradient needs of the norms of `rows` rows.
  func room(_ rows: Int, in arena: Arena) -> SavedNorms {
    let (heads, keyHeads) = (attention.heads, attention.keyHeads)
    return SavedNorms(
      query: queryNorm.map { _ in
        Norm.Saved(rows: rows * heads, columns: attention.headWidth, in: arena)
      },
      key: keyNorm.map { _ in
        Norm.Saved(rows: rows * keyHeads, columns: attention.headWidth, in: arena)
      })
  }

  /// Puts queries, keys and values of some rows into theirs: `[rows.count, width]`, and
  /// `[rows.count, keyWidth]` twice.
  func project(
    _ input: LinearInput, rows: Range<Int>, q: MatrixView, k: MatrixView, v: MatrixView,
    saving saved: SavedNorms?, _ positions: BlockPositions, _ workspace: Workspace
  ) {
    query.multiply(input, into: q, workspace)
    key.multiply(input, into: k, workspace)
    value.multiply(input, into: v, workspace)
    if let queryNorm { normalize(q, by: queryNorm, rows: rows, saving: saved?.query) }
    if let keyNorm { normalize(k, by: keyNorm, rows: rows, saving: saved?.key) }
    positions.rotary?.rotate(q, rows: rows)
    positions.rotary?.rotate(k, rows: rows)
  }

  /// Normalizes each head of some rows in place. `[rows.count, heads · headWidth]`
  private func normalize(
    _ x: MatrixView, by norm: Norm, rows: Range<Int>, saving saved: Norm.Saved?
  ) {
    let (heads, count) = headRows(x)
    norm(
      heads, into: heads, saving: saved,
      rows: rows.lowerBound * count..<rows.upperBound * count)
  }

  /// A row for each head of each row, and how many heads a row has.
  private func headRows(_ x: MatrixView) -> (rows: MatrixView, heads: Int) {
    let heads = x.columns / attention.headWidth
    return (x.reshaped(rows: x.rows * heads, columns: attention.headWidth), heads)
  }

  /// Puts the gradient with respect to the projections' input into `inputGradient`, or adds it.
  ///
  /// `dq` and `dk` are overwritten.
  func projectBackward(
    dq: MatrixView, dk: MatrixView, dv: MatrixView, saved: SavedNorms, rows: Range<Int>,
    adding: Bool, into inputGradient: MatrixView, _ positions: BlockPositions, in scratch: Arena,
    _ workspace: Workspace
  ) {
    positions.rotary?.rotate(dq, rows: rows, inverse: true)
    positions.rotary?.rotate(dk, rows: rows, inverse: true)
    if let queryNorm { normalizeBackward(dq, by: queryNorm, rows: rows, saved: saved.query) }
    if let keyNorm { normalizeBackward(dk, by: keyNorm, rows: rows, saved: saved.key) }
    query.backward(dq, adding: adding, into: inputGradient, in: scratch, workspace)
    key.backward(dk, adding: true, into: inputGradient, in: scratch, workspace)
    value.backward(dv, adding: true, into: inputGradient, in: scratch, workspace)
  }

  /// Turns the gradient with respect to normalized heads into that with respect to the heads.
  private func normalizeBackward(
    _ gradient: MatrixView, by norm: Norm, rows: Range<Int>, saved: Norm.Saved?
  ) {
    guard let saved else { return }
    let (heads, count) = headRows(gradient)
    norm.backward(
      heads, saved: saved, rows: rows.lowerBound * count..<rows.upperBound * count, into: heads)
  }

  /// What is added to a text's scores.
  func bias(_ positions: BlockPositions, text: Int) -> Attention.Bias {
    if case .disentangled(let bias) = self.positions {
      return .disentangled { length, head in
        bias.head(
          query: query, key: key, length: length, columns: attention.columns(head),
          scale: attention.scale)
      }
    }
    return positions.bias(text)
  }
}
