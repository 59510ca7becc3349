import EPTCompute
import EPTLayers

/// A decoder of its own beside the encoder, as T5 has it.
struct CrossAttentionDecoder: TreeDecoder {
  let words: Embedding
  let stack: Stack
  let vocabulary: OutputVocabulary
  let start: Int32
  let ends: [Int32]

  var blocks: Int { stack.blocks.count }
  var continuesText: Bool { false }

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
    _ gradient: MatrixView, _ rows: TreeRows, _ memory: EncoderMemory, saved: Stack.Saved?,
    memoryGradient: MatrixView, editGradients: [GatedProjection.Gradient?], _ workspace: Workspace
  ) {
    guard let saved else { return }
    stack.backward(
      gradient, saved: saved, memoryGradient: memoryGradient, editGradients: editGradients,
      reachesInput: false, workspace)
  }

  func begin(
    _ memory: EncoderMemory, kept: [KeyValues], keyRows: [Range<Int>], edits: StackEdits?,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, cache: KVCache) {
    var cache = stack.cache(memory, workspace)
    let outputs = step(
      DecoderRows(beginning: memory.texts.count, token: start), cache: &cache, edits: edits,
      workspace)
    return (outputs, cache)
  }
}
