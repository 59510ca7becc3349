import EPTCompute
import EPTLayers

extension PromptedModel {
  /// The gates of `prompt`'s projections after blocks over the tokens of `batch`; nil for a prompt
  /// without gates.
  ///
  /// In the encoder each text's own tokens count, without the prompt's rows. In a decoder the
  /// tokens count that tell the label words apart.
  ///
  /// - Throws: `ModelError` if a token or a length does not fit, or the prompt was made ready for
  ///   another model.
  public func depthGates(_ batch: TokenBatch, prompt: PreparedPrompt) throws -> DepthGates? {
    guard prompt.model === self else {
      throw ModelError.mismatch(reason: "a prompt was made ready for another model")
    }
    try check(
      batch, promptLength: { _ in prompt.promptLength }, inputLength: { _ in prompt.inputLength })
    guard let shape = prompt.edits.shape, shape.gateVectors > 0 else { return nil }
    return withWorkspace { workspace in
      var gates = DepthGates(shape)
      for texts in batch.parts(promptLength: prompt.promptLength, rows: Self.rowsTogether) {
        workspace.arena.temporary {
          add(batch.part(texts), prompt, to: &gates, workspace)
        }
      }
      return gates
    }
  }

  private func add(
    _ batch: TokenBatch, _ prompt: PreparedPrompt, to gates: inout DepthGates,
    _ workspace: Workspace
  ) {
    let layout = TokenLayout(
      batch, promptLengths: [Int](repeating: prompt.promptLength, count: batch.count))
    let states = embed(
      batch, [PromptInput?](repeating: prompt.input, count: batch.count), layout, workspace)
    let tasks = [Int](repeating: 0, count: batch.count)
    let saved = backbone.encode(
      states, layout, edits: StackEdits(tasks: [prompt.edits.encoder], taskOfText: tasks),
      saving: true, workspace)
    let tokens = (0..<layout.count).flatMap(layout.tokens)
    var first = 0
    if let saved { first = add(saved.encoder, prompt.edits.encoder, tokens, from: 0, to: &gates) }
    // What continues a text passes the encoder's own blocks.
    guard let decoder = backbone.decoder, !decoder.continuesText, let tree = prompt.tree else {
      return
    }
    let rows = TreeRows([tree], treeOfText: tasks)
    let (_, savedDecoder) = decoder.forward(
      rows, EncoderMemory(states: states, texts: (0..<layout.count).map(layout.joined)),
      edits: StackEdits(tasks: [prompt.edits.decoder], taskOfText: tasks), saving: true, workspace)
    if let savedDecoder {
      _ = add(
        savedDecoder, prompt.edits.decoder, Array(0..<rows.count), from: first, to: &gates)
    }
  }

  /// Adds the gates of some rows of a stack, whose first projection is number `first` of all; the
  /// number behind its last one.
  private func add(
    _ saved: Stack.Saved, _ edits: [GatedProjection?], _ rows: [Int], from first: Int,
    to gates: inout DepthGates
  ) -> Int {
    var number = first
    for (block, edit) in edits.enumerated() where edit != nil {
      if let gate = saved.gate(after: block) {
        for row in rows { gates.add(gate.row(row), block: number) }
      }
      number += 1
    }
    return number
  }
}
