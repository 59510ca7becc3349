import EPTCompute
import EPTLayers

extension PromptedModel {
  /// `scores`, its arguments checked.
  func scores(
    of batch: TokenBatch, _ prompts: [PreparedPrompt], promptOfRow: [Int], _ workspace: Workspace
  ) -> [[Float]] {
    let promptOfText = batch.eachText(promptOfRow)
    let labels = LabelRows(prompts, promptOfText: promptOfText)
    let encoded = encode(batch, prompts, promptOfText: promptOfText, labels, workspace)
    let (states, layout) = (encoded.states, encoded.layout)
    let sequences = encoded.sequenceOfText
    var scores = [[Float]](repeating: [], count: batch.rowCount)
    for (index, prompt) in prompts.enumerated() {
      guard case .head(let head) = prompt.readout else { continue }
      let rows = promptOfRow.indices.filter { promptOfRow[$0] == index }
      let pooledHead = PooledHead(head, in: workspace.arena)
      let features = pooledHead.features(
        states, layout, sequences: rows.map { batch.texts(ofRow: $0).map { sequences[$0] } },
        words: rows.map { batch.wordStarts[$0] }, in: workspace.arena)
      let logits = pooledHead.logits(features.values, in: workspace.arena)
      var first = 0
      for row in rows {
        let count = prompt.readout.readsWords ? batch.wordStarts[row].count : 1
        // Of words all outputs, one word after the other.
        for place in first..<first + count {
          scores[row] += UnsafeBufferPointer(start: logits.row(place), count: logits.columns)
        }
        first += count
      }
    }

    // Rows that label words are scored for have one text.
    let rows = promptOfRow.indices.filter { prompts[promptOfRow[$0]].tree != nil }
    let texts = rows.map { batch.texts(ofRow: $0).lowerBound }
    guard let decoder = backbone.decoder, !texts.isEmpty else { return scores }
    let wordScores = decoder.labelScores(
      TreeRows(labels.trees, treeOfText: texts.compactMap { labels.treeOfText[$0] }),
      EncoderMemory(states: states, texts: texts.map { layout.joined(sequences[$0]) }),
      edits: StackEdits(
        tasks: prompts.map(\.edits.decoder), taskOfText: texts.map { promptOfText[$0] }),
      workspace)
    for (row, words) in zip(rows, wordScores) { scores[row] = words }
    return scores
  }

  /// What the head of `prompt` reads of each row, `[rows, features]`, or of each word, `[words, features]`;
  /// the arguments are checked.
  func features(
    of batch: TokenBatch, _ prompt: PreparedPrompt, _ head: LinearHead, _ workspace: Workspace
  ) -> Matrix {
    let layout = TokenLayout(
      batch, promptLengths: [Int](repeating: prompt.promptLength, count: batch.count))
    let states = embed(
      batch, [PromptInput?](repeating: prompt.input, count: batch.count), layout, workspace)
    let tasks = [Int](repeating: 0, count: batch.count)
    _ = backbone.encode(
      states, layout, edits: StackEdits(tasks: [prompt.edits.encoder], taskOfText: tasks),
      saving: false, workspace)
    return PooledHead(head, in: workspace.arena)
      .features(
        states, layout, sequences: layout.textsOfRows, words: batch.wordStarts,
        in: workspace.arena
      ).values.matrix()
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
  /// `inputs` holds one prompt a text, and `known` how many tokens of it, which are not in `batch`,
  /// stand before its own; none by default.
  func embed(
    _ batch: TokenBatch, _ inputs: [PromptInput?], behind known: [Int]? = nil,
    _ layout: TokenLayout, _ workspace: Workspace
  ) -> MatrixView {
    let words = backbone.embeddings.words
    let rows = workspace.arena.matrix(layout.rows, words.columns)
    let hiddenSize = rows.columns
    workspace.forEach(layout.count) { text, _ in
      let input = inputs[text]
      let first = known?[text] ?? 0
      if let input, !layout.prompt(text).isEmpty {
        rows.row(layout.starts[text]).update(from: input.prompt.base, count: input.prompt.count)
      }
      for (position, row) in layout.tokens(text).enumerated() {
        let id = Int(batch.ids[batch.starts[text] + position])
        words.copy(id, to: rows.row(row))
        if let lowRank = input?.lowRank {
          kernels.add_scaled(rows.row(row), lowRank.row(first + position), 1, Int64(hiddenSize))
        }
      }
      for (row, token) in layout.behind(text) { words.copy(Int(token), to: rows.row(row)) }
    }
    return rows
  }
}
