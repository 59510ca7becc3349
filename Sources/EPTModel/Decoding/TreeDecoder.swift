import EPTCompute
import EPTLayers

/// What reads label words, or writes texts, on top of an encoder's states.
protocol TreeDecoder: Sendable {
  /// The token that results start after.
  var start: Int32 { get }
  /// The token that results end with.
  var end: Int32 { get }
  /// How many blocks there are.
  var blocks: Int { get }
  /// The logits over all tokens.
  var vocabulary: OutputVocabulary { get }

  /// The last hidden states of all rows, `[rows, d]`.
  func forward(
    _ rows: TreeRows, _ memory: EncoderMemory, edits: StackEdits?, saving: Bool,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, saved: Stack.Saved?)

  /// Adds the gradient with respect to the encoder's states to `memoryGradient`, from `gradient`
  /// with respect to the outputs, which is overwritten, `[rows, d]` both; and those with respect
  /// to projections to `editGradients`, one a block, none for no projections.
  ///
  /// The rows' own tokens are constant, so they have no gradient to give.
  func backward(
    _ gradient: MatrixView, saved: Stack.Saved, memoryGradient: MatrixView,
    editGradients: [GatedProjection.Gradient?], _ workspace: Workspace
  )

  /// What steps need of the encoder's states.
  func cache(_ memory: EncoderMemory, _ workspace: Workspace) -> KVCache

  /// The last hidden states of the rows of one step, `[rows, d]`.
  func step(
    _ rows: DecoderRows, cache: inout KVCache, edits: StackEdits?, _ workspace: Workspace
  ) -> MatrixView
}

/// Each text's rows in the decoder: those of a tree of label words.
struct TreeRows {
  /// Distinct trees.
  let trees: [LabelTree]
  /// The tree of each text.
  let treeOfText: [Int]
  /// Where each text's rows start, then the total.
  let starts: [Int]

  init(_ trees: [LabelTree], treeOfText: [Int]) {
    self.trees = trees
    self.treeOfText = treeOfText
    starts = treeOfText.reduce(into: [0]) { $0.append($0[$0.count - 1] + trees[$1].count) }
  }

  var count: Int { starts[treeOfText.count] }

  func tree(_ text: Int) -> LabelTree { trees[treeOfText[text]] }
}

/// A decoder of its own beside the encoder, as T5 has it.
struct CrossAttentionDecoder: TreeDecoder {
  let words: Embedding
  let stack: Stack
  let vocabulary: OutputVocabulary
  let start: Int32
  let end: Int32

  var blocks: Int { stack.blocks.count }

  func forward(
    _ rows: TreeRows, _ memory: EncoderMemory, edits: StackEdits?, saving: Bool,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, saved: Stack.Saved?) {
    let h = workspace.arena.matrix(rows.count, words.columns)
    for text in rows.treeOfText.indices {
      for (index, token) in rows.tree(text).tokens.enumerated() {
        words.copy(Int(token), to: h.row(rows.starts[text] + index))
      }
    }
    let pass = stack.pass(
      .trees(rows.trees.map(\.tree), treeOfText: rows.treeOfText), starts: rows.starts,
      memory: memory, edits: edits, in: workspace.arena)
    return (h, stack.forward(h, pass, saving: saving, workspace))
  }

  func backward(
    _ gradient: MatrixView, saved: Stack.Saved, memoryGradient: MatrixView,
    editGradients: [GatedProjection.Gradient?], _ workspace: Workspace
  ) {
    stack.backward(
      gradient, saved: saved, memoryGradient: memoryGradient, editGradients: editGradients,
      reachesInput: false, workspace)
  }

  func cache(_ memory: EncoderMemory, _ workspace: Workspace) -> KVCache {
    stack.cache(memory, workspace)
  }

  func step(
    _ rows: DecoderRows, cache: inout KVCache, edits: StackEdits?, _ workspace: Workspace
  ) -> MatrixView {
    let h = workspace.arena.matrix(rows.tokens.count, words.columns)
    for (row, token) in rows.tokens.enumerated() { words.copy(Int(token), to: h.row(row)) }
    stack.step(h, rows, cache: &cache, edits: edits, workspace)
    return h
  }
}
