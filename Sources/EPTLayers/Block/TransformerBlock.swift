import EPTCompute

/// One transformer block.
///
/// What differs between families is data here.
package struct TransformerBlock: Sendable {
  /// Where a block normalizes.
  package enum Norms: Sendable {
    /// Before each sub-layer, whose result is added to the stream. Nil where the first block
    /// attends to embeddings that are normalized already.
    case pre(attention: Norm?, feedForward: Norm)
    /// After each residual sum.
    case post(attention: Norm, feedForward: Norm)
  }

  package let attention: SelfAttention
  /// A decoder's attention to the encoder's states.
  package let crossAttention: CrossAttention?
  package let feedForward: FeedForward
  package let norms: Norms

  package init(
    attention: SelfAttention, crossAttention: CrossAttention? = nil, feedForward: FeedForward,
    norms: Norms
  ) {
    self.attention = attention
    self.crossAttention = crossAttention
    self.feedForward = feedForward
    self.norms = norms
  }
}

/// What a block's gradient needs of one forward pass.
struct BlockSaved {
  let q: MatrixView  // [rows, attention width]
  let k: MatrixView  // [rows, key width]
  let v: MatrixView  // [rows, key width]
  let headNorms: SelfAttention.SavedNorms
  let feedForward: FeedForward.Saved
  let attentionNorm: Norm.Saved?
  let feedForwardNorm: Norm.Saved
  var crossAttention: CrossAttention.Saved?
  /// Of each of the pass's edits.
  let edits: [GatedProjection.Saved]

  /// Room for `rows` rows of width `width`.
  init(
    _ block: TransformerBlock, _ pass: BlockPass, rows: Int, width: Int, in arena: Arena
  ) {
    q = arena.matrix(rows, block.attention.width)
    k = arena.matrix(rows, block.attention.keyWidth)
    v = arena.matrix(rows, block.attention.keyWidth)
    headNorms = block.attention.room(rows, in: arena)
    feedForward = block.feedForward.room(rows, in: arena)
    if case .pre(nil, _) = block.norms {
      attentionNorm = nil
    } else {
      attentionNorm = Norm.Saved(rows: rows, columns: width, in: arena)
    }
    feedForwardNorm = Norm.Saved(rows: rows, columns: width, in: arena)
    edits = pass.edits.map {
      GatedProjection.Saved($0.projection, rows: $0.rows.count, hiddenSize: width, in: arena)
    }
  }
}

/// What a block reads beside its stream of rows.
struct BlockPass {
  /// Where each text's rows start, then the total. `[texts + 1]`
  let starts: [Int]
  /// The same of keys, of which a text may have some before its own rows'.
  let keyStarts: [Int]
  /// Keys and values of the rows before each text's own; nil where no text has any.
  let past: [KeyValues?]?
  /// Room for the keys and values of all texts, those of rows before included; nil to keep none.
  let kept: KeyValues?
  let positions: BlockPositions
  /// What cross-attention reads; nil in an encoder.
  let memory: EncoderMemory?
  /// What is added to the block's output.
  let edits: [EditRun]
}

/// The encoder's states that a decoder attends to.
package struct EncoderMemory {
  /// The last hidden states. `[rows, d]`
  package let states: MatrixView
  /// The rows of each text.
  package let texts: [Range<Int>]

  package init(states: MatrixView, texts: [Range<Int>]) {
    self.states = states
    self.texts = texts
  }
}
