import EPTCompute
import EPTLayers

extension PromptedModel {
  /// `scores`, its arguments checked.
  func scores(
    of batch: TokenBatch, _ prompts: [PreparedPrompt], promptOfText: [Int], _ workspace: Workspace
  ) -> [[Float]] {
    let labels = LabelRows(prompts, promptOfText: promptOfText)
    let encoded = encode(batch, prompts, promptOfText: promptOfText, labels, workspace)
    let (states, layout) = (encoded.states, encoded.layout)
    let sequences = encoded.sequenceOfText
    var scores = [[Float]](repeating: [], count: batch.count)
    for (index, prompt) in prompts.enumerated() {
      guard case .head(let head) = prompt.readout else { continue }
      let texts = promptOfText.indices.filter { promptOfText[$0] == index }
      let pooled = PooledHead.pool(
        states, layout, of: texts.map { sequences[$0] }, by: head.pooling, in: workspace.arena)
      let logits = PooledHead(head, in: workspace.arena).logits(pooled, in: workspace.arena)
      for (row, text) in texts.enumerated() {
        scores[text] = [Float](
          UnsafeBufferPointer(start: logits.row(row), count: logits.columns))
      }
    }

    let texts = labels.treeOfText.indices.filter { labels.treeOfText[$0] != nil }
    guard let decoder = backbone.decoder, !texts.isEmpty else { return scores }
    let wordScores = decoder.labelScores(
      TreeRows(labels.trees, treeOfText: texts.compactMap { labels.treeOfText[$0] }),
      EncoderMemory(states: states, texts: texts.map { layout.joined(sequences[$0]) }),
      edits: StackEdits(
        tasks: prompts.map(\.edits.decoder), taskOfText: texts.map { promptOfText[$0] }),
      workspace)
    for (text, words) in zip(texts, wordScores) { scores[text] = words }
    return scores
  }

  /// The last hidden states of valid texts without a prompt, end to end. `[tokens, d]`
  func lastHiddenStates(_ batch: TokenBatch) -> Matrix {
    withWorkspace { workspace in
      let layout = TokenLayout(batch, promptLengths: [Int](repeating: 0, count: batch.count))
      let states = embed(
        batch, [PromptInput?](repeating: nil, count: batch.count), layout, workspace)
      _ = backbone.encode(states, layout, edits: nil, saving: false, workspace)
      return states.matrix()
    }
  }

  /// `[P̂ ; E']` of every text, `[rows, d]`, with `E'[i] = E[i] + c·A[i]·B`.
  ///
  /// `inputs` holds one prompt a text.
  func embed(
    _ batch: TokenBatch, _ inputs: [PromptInput?], _ layout: TokenLayout,
    _ workspace: Workspace
  ) -> MatrixView {
    let words = backbone.embeddings.words
    let rows = workspace.arena.matrix(layout.rows, words.columns)
    let hiddenSize = rows.columns
    workspace.forEach(layout.count) { text, _ in
      let input = inputs[text]
      if let input, !layout.prompt(text).isEmpty {
        rows.row(layout.starts[text]).update(from: input.prompt.base, count: input.prompt.count)
      }
      for (position, row) in layout.tokens(text).enumerated() {
        let id = Int(batch.ids[batch.starts[text] + position])
        words.copy(id, to: rows.row(row))
        if let lowRank = input?.lowRank {
          kernels.add_scaled(rows.row(row), lowRank.row(position), 1, Int64(hiddenSize))
        }
      }
      for (row, token) in layout.behind(text) { words.copy(Int(token), to: rows.row(row)) }
    }
    return rows
  }
}
