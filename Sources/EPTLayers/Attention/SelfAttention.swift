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
  package let query: Linear
  package let key: Linear
  package let value: Linear
  package let output: Linear
  let attention: Attention
  let positions: AttentionPositions

  /// Describes an attention of `heads` heads, whose scores have the factor `scale`.
  package init(
    query: Linear, key: Linear, value: Linear, output: Linear, heads: Int, scale: Float,
    mask: AttentionMask = .full, positions: AttentionPositions = .none
  ) {
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    attention = Attention(
      heads: heads, headWidth: query.outputs / heads, scale: scale, mask: mask,
      isRounded: query.isQuantized)
    self.positions = positions
  }

  /// Numbers of a row of queries, keys or values.
  var width: Int { query.outputs }

  /// Puts queries, keys and values of some rows into theirs. `[rows.count, width]` each
  func project(
    _ input: LinearInput, rows: Range<Int>, q: MatrixView, k: MatrixView, v: MatrixView,
    _ positions: BlockPositions, _ workspace: Workspace
  ) {
    query.multiply(input, into: q, workspace)
    key.multiply(input, into: k, workspace)
    value.multiply(input, into: v, workspace)
    positions.rotary?.rotate(q, rows: rows)
    positions.rotary?.rotate(k, rows: rows)
  }

  /// Puts the gradient with respect to the projections' input into `inputGradient`, or adds it.
  ///
  /// `dq` and `dk` are overwritten.
  func projectBackward(
    dq: MatrixView, dk: MatrixView, dv: MatrixView, rows: Range<Int>, adding: Bool,
    into inputGradient: MatrixView, _ positions: BlockPositions, in scratch: Arena,
    _ workspace: Workspace
  ) {
    positions.rotary?.rotate(dq, rows: rows, inverse: true)
    positions.rotary?.rotate(dk, rows: rows, inverse: true)
    query.backward(dq, adding: adding, into: inputGradient, in: scratch, workspace)
    key.backward(dk, adding: true, into: inputGradient, in: scratch, workspace)
    value.backward(dv, adding: true, into: inputGradient, in: scratch, workspace)
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
    return positions.bias(text).map { .fixed($0) } ?? .none
  }
}
