import EPTCompute
import EPTLayers

/// What reads label words, or writes texts, after the texts that a backbone has read.
protocol TreeDecoder: Sendable {
  /// The embeddings of the tokens that its rows read.
  var words: Embedding { get }
  /// The blocks that its rows pass: its own, or the backbone's where it continues texts.
  var stack: Stack { get }
  /// The token of the row that results start after.
  var start: Int32 { get }
  /// The tokens that results end with; label words end with the first one.
  var ends: [Int32] { get }
  /// How many blocks there are beside the backbone's own.
  var blocks: Int { get }
  /// Whether label words and results stand behind the text, in the backbone's own blocks.
  var continuesText: Bool { get }
  /// The logits over all tokens.
  var vocabulary: OutputVocabulary { get }

  /// The last hidden states of all rows, `[rows, d]`.
  func forward(
    _ rows: TreeRows, _ memory: EncoderMemory, edits: StackEdits?, saving: Bool,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, saved: Stack.Saved?)

  /// Adds the gradient with respect to the backbone's states to `memoryGradient`, from `gradient`
  /// with respect to the outputs, which is overwritten, `[rows, d]` both; and those with respect
  /// to projections to `editGradients`, one a block, none for no projections.
  ///
  /// The rows' own tokens are constant, so they have no gradient to give.
  func backward(
    _ gradient: MatrixView, _ rows: TreeRows, _ memory: EncoderMemory, saved: Stack.Saved?,
    memoryGradient: MatrixView, editGradients: [GatedProjection.Gradient?], _ workspace: Workspace
  )

  /// The last hidden states that each text's first token is chosen by, `[texts, d]`, and what steps
  /// need of the texts.
  ///
  /// `kept` has the keys and values of the backbone's own blocks where the decoder continues texts,
  /// and `keyRows` which of them are each text's.
  func begin(
    _ memory: EncoderMemory, kept: [KeyValues], keyRows: [Range<Int>], edits: StackEdits?,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, cache: KVCache)
}

extension TreeDecoder {
  /// The last hidden states of the rows of one step, `[rows, d]`.
  func step(
    _ rows: DecoderRows, cache: inout KVCache, edits: StackEdits?, _ workspace: Workspace
  ) -> MatrixView {
    let h = workspace.arena.matrix(rows.tokens.count, words.columns)
    for (row, token) in rows.tokens.enumerated() { words.copy(Int(token), to: h.row(row)) }
    stack.step(h, rows, cache: &cache, edits: edits, workspace)
    return h
  }
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

extension DecoderRows {
  /// A row for each of `texts` texts that all read `token` and follow nothing.
  init(beginning texts: Int, token: Int32) {
    self.init(
      tokens: [Int32](repeating: token, count: texts),
      history: [[Int]](repeating: [], count: texts), ofText: (0..<texts).map { $0..<$0 + 1 })
  }
}
