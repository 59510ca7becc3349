extension PromptedModel {
  /// `scores`, its arguments checked.
  func scores<Model: Backbone>(
    of backbone: Model, _ batch: TokenBatch, _ prompts: [PreparedPrompt], promptOfText: [Int],
    _ workspace: Workspace
  ) -> [[Float]] {
    let layout = JoinedLayout(
      batch, promptLengths: promptOfText.map { prompts[$0].promptLength })
    let inputs = promptOfText.map { prompts[$0].input }
    let embedded = embed(batch, inputs, layout, backbone.wordEmbeddings, workspace)
    let (states, _) = backbone.encode(embedded, layout, keeping: false, workspace)

    var scores = [[Float]](repeating: [], count: layout.count)
    for (index, prompt) in prompts.enumerated() {
      guard case .head(let head) = prompt.readout else { continue }
      let texts = promptOfText.indices.filter { promptOfText[$0] == index }
      let pooled = PooledHead.pool(states, layout, of: texts, in: workspace.arena)
      let logits = PooledHead(head, in: workspace.arena).logits(pooled, in: workspace.arena)
      for (row, text) in texts.enumerated() {
        scores[text] = [Float](
          UnsafeBufferPointer(start: logits.row(row), count: logits.columns))
      }
    }

    var trees: [DecoderTree] = []
    let treeOfPrompt = prompts.map { prompt -> Int? in
      guard let tree = prompt.tree else { return nil }
      trees.append(tree)
      return trees.count - 1
    }
    let texts = promptOfText.indices.filter { treeOfPrompt[promptOfText[$0]] != nil }
    guard let decoder = backbone.decoder, !texts.isEmpty else { return scores }
    let sums = decoder.logProbabilities(
      trees, treeOfText: texts.compactMap { treeOfPrompt[promptOfText[$0]] },
      states: states, texts: texts.map(layout.joined), workspace)
    for (text, sum) in zip(texts, sums) { scores[text] = sum }
    return scores
  }

  /// The last hidden states of valid texts without a prompt, end to end. `[tokens, d]`
  func lastHiddenStates(_ batch: TokenBatch) -> Matrix {
    func states<Model: Backbone>(_ backbone: Model, _ workspace: Workspace) -> Matrix {
      let layout = JoinedLayout(
        batch, promptLengths: [Int](repeating: 0, count: batch.count))
      let embedded = embed(
        batch, [PromptInput?](repeating: nil, count: batch.count), layout,
        backbone.wordEmbeddings, workspace)
      return backbone.encode(embedded, layout, keeping: false, workspace).states.matrix()
    }
    return withWorkspace { states(backbone, $0) }
  }

  /// `step`, its arguments checked.
  func step<Model: Backbone>(
    of backbone: Model, _ batch: TokenBatch, _ labels: [Int], _ prompt: EPTPrompt,
    _ readout: Readout, _ workspace: Workspace
  ) -> StepResult {
    let arena = workspace.arena
    let layout = JoinedLayout(
      batch, promptLengths: [Int](repeating: prompt.shape.promptLength, count: batch.count))
    let pass = PromptPass(prompt, in: arena)
    let lowRank =
      prompt.shape.rank > 0 ? pass.lowRankRows(batch.longest, in: arena) : nil
    let input = PromptInput(prompt: pass.result, lowRank: lowRank)
    let embedded = embed(
      batch, [PromptInput?](repeating: input, count: batch.count), layout,
      backbone.wordEmbeddings, workspace)
    let (states, kept) = backbone.encode(embedded, layout, keeping: true, workspace)

    let stateGradient = arena.zeros(states.rows, states.columns)
    var loss: Float = 0
    var headGradient: LinearHead?
    switch readout {
    case .head(let head):
      (loss, headGradient) = PooledHead(head, in: arena).loss(
        states: states, labels: labels, stateGradient: stateGradient, layout, in: arena)
    case .labelWords(let words):
      loss =
        backbone.decoder?.loss(
          words, labels: labels, states: states, stateGradient: stateGradient, layout, workspace)
        ?? 0
    }

    let promptGradient = arena.zeros(prompt.shape.promptLength, width)
    let positionGradient = arena.zeros(lowRank?.rows ?? 0, width)
    if let kept {
      let gradient = backbone.inputGradient(stateGradient, kept: kept, layout, workspace)
      for text in 0..<layout.count {
        add(gradient.rows(layout.prompt(text)), to: promptGradient)
        if lowRank != nil {
          let rows = layout.tokens(text)
          add(gradient.rows(rows), to: positionGradient.rows(0..<rows.count))
        }
      }
    }
    return StepResult(
      loss: loss,
      prompt: pass.gradient(
        prompt: promptGradient, input: positionGradient, of: prompt, in: arena),
      head: headGradient)
  }

  /// `[P̂ ; E']` of every text, `[rows, d]`, with `E'[i] = E[i] + c·A[i]·B`.
  ///
  /// `inputs` holds one prompt a text.
  func embed(
    _ batch: TokenBatch, _ inputs: [PromptInput?], _ layout: JoinedLayout,
    _ wordEmbeddings: WeightMatrix, _ workspace: Workspace
  ) -> MatrixView {
    let rows = workspace.arena.matrix(layout.rows, wordEmbeddings.columns)
    let width = rows.columns
    for text in 0..<layout.count {
      let input = inputs[text]
      if let input, input.prompt.rows > 0 {
        rows.row(layout.starts[text]).update(from: input.prompt.base, count: input.prompt.count)
      }
      for (position, row) in layout.tokens(text).enumerated() {
        let id = Int(batch.ids[batch.starts[text] + position])
        rows.row(row).update(from: wordEmbeddings.view.row(id), count: width)
        if let lowRank = input?.lowRank {
          kernels.add_scaled(rows.row(row), lowRank.row(position), 1, Int64(width))
        }
      }
    }
    return rows
  }

  /// Adds `rows` to `sum`, both contiguous and of one size.
  private func add(_ rows: MatrixView, to sum: MatrixView) {
    precondition(rows.rows == sum.rows && rows.isContiguous && sum.isContiguous)
    kernels.add_scaled(sum.base, rows.base, 1, Int64(rows.count))
  }
}

extension TokenBatch {
  /// Tokens of the longest text.
  fileprivate var longest: Int { (0..<count).map { range($0).count }.max() ?? 0 }
}
