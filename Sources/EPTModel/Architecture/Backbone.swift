import EPTCompute
import EPTLayers

/// A frozen language model that reads embeddings.
///
/// Since nothing in it is trained, the backward pass is the gradient of its input alone.
package struct Backbone: Sendable {
  /// What the gradient needs of one forward pass.
  struct Saved {
    fileprivate let embeddings: Norm.Saved?
    let encoder: Stack.Saved
  }

  let embeddings: InputEmbeddings
  let encoder: Stack
  /// What scores label words and writes; nil in an encoder.
  let decoder: (any TreeDecoder)?

  init(embeddings: InputEmbeddings, encoder: Stack, decoder: (any TreeDecoder)? = nil) {
    self.embeddings = embeddings
    self.encoder = encoder
    self.decoder = decoder
  }

  /// Whether a row's states depend only on itself and the rows before it.
  ///
  /// Then a prompt's rows have the same states before every text.
  var isCausal: Bool {
    embeddings.positions == nil && encoder.blocks.allSatisfy { $0.attention.mask == .causal }
  }

  /// The last hidden states, `[rows, d]`, for `input`, `[rows, d]`, which is overwritten.
  ///
  /// To infer, some texts at a time go through all blocks, while their rows stay in a core's cache.
  ///
  /// `past` are rows before the texts' own that were computed earlier. All keys and values go to
  /// `kept`, unless it is empty.
  func encode(
    _ input: MatrixView, _ layout: TokenLayout, past: PastRows? = nil,
    keeping kept: [KeyValues] = [], edits: StackEdits?, saving: Bool, _ workspace: Workspace
  ) -> Saved? {
    embeddings.addPositions(to: input, layout, workspace)
    let pass = encoder.pass(
      layout.structure, starts: layout.starts, past: past, keeping: kept, edits: edits,
      in: workspace.arena)
    if !saving, kept.isEmpty, let groups = layout.groups() {
      workspace.forEachAlone(groups.count) { group, own in
        let (texts, rows) = groups[group]
        let input = input.rows(rows)
        embeddings.norm?(input, into: input, saving: nil, rows: 0..<input.rows)
        _ = encoder.forward(input, pass.part(texts: texts), saving: false, own)
      }
      return nil
    }
    let savedNorm =
      saving && embeddings.norm != nil
      ? Norm.Saved(rows: input.rows, columns: input.columns, in: workspace.arena) : nil
    embeddings.norm?.inPlace(input, saving: savedNorm, workspace)
    return encoder.forward(input, pass, saving: saving, workspace).map {
      Saved(embeddings: savedNorm, encoder: $0)
    }
  }

  /// Turns `gradient` with respect to the states, `[rows, d]`, into the one with respect to the
  /// input.
  ///
  /// Adds the gradients with respect to projections to `editGradients`, one a block, none for no
  /// projections. Without `reachesInput` only these are wanted.
  func inputGradient(
    _ gradient: MatrixView, saved: Saved, editGradients: [GatedProjection.Gradient?],
    reachesInput: Bool, _ workspace: Workspace
  ) {
    encoder.backward(
      gradient, saved: saved.encoder, editGradients: editGradients, reachesInput: reachesInput,
      workspace)
    guard reachesInput else { return }
    if let norm = embeddings.norm, let savedNorm = saved.embeddings {
      norm.backwardInPlace(gradient, saved: savedNorm, workspace)
    }
  }
}
