import EPTCompute
import EPTLayers

/// The backbone's own blocks going on behind the text, as in Llama: what is read and what is written
/// is one sequence.
struct CausalDecoder: TreeDecoder {
  let words: Embedding
  let stack: Stack
  let vocabulary: OutputVocabulary
  let ends: [Int32]

  /// No token's: the row that results start after is the text's last.
  var start: Int32 { 0 }
  var blocks: Int { 0 }
  var continuesText: Bool { true }

  /// A text's rows of its tree: its last own row, and those behind it.
  private func places(_ rows: TreeRows, _ memory: EncoderMemory, text: Int) -> Range<Int> {
    memory.texts[text].suffix(rows.tree(text).count)
  }

  func forward(
    _ rows: TreeRows, _ memory: EncoderMemory, edits: StackEdits?, saving: Bool,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, saved: Stack.Saved?) {
    // The backbone has computed them already.
    let outputs = workspace.arena.matrix(rows.count, memory.states.columns)
    for text in rows.treeOfText.indices {
      let states = memory.states.rows(places(rows, memory, text: text))
      outputs.row(rows.starts[text]).update(from: states.base, count: states.count)
    }
    return (outputs, nil)
  }

  func backward(
    _ gradient: MatrixView, _ rows: TreeRows, _ memory: EncoderMemory, saved: Stack.Saved?,
    memoryGradient: MatrixView, editGradients: [GatedProjection.Gradient?], _ workspace: Workspace
  ) {
    for text in rows.treeOfText.indices {
      let sum = memoryGradient.rows(places(rows, memory, text: text))
      kernels.add_scaled(sum.base, gradient.row(rows.starts[text]), 1, Int64(sum.count))
    }
  }

  func begin(
    _ memory: EncoderMemory, kept: [KeyValues], keyRows: [Range<Int>], edits: StackEdits?,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, cache: KVCache) {
    let outputs = workspace.arena.matrix(memory.texts.count, memory.states.columns)
    for (row, text) in memory.texts.enumerated() {
      outputs.row(row).update(
        from: memory.states.row(text.upperBound - 1), count: outputs.columns)
    }
    return (outputs, stack.cache(kept, texts: keyRows, workspace))
  }
}
