/// What stands in front of and on top of the texts' embeddings.
private struct PromptInput {
  /// `P̂`, `[s, d]`.
  let prompt: MatrixView
  /// `c·A·B` for the positions of the longest text, `[m, d]`; nil without a low-rank pair.
  let lowRank: MatrixView?
}

extension PromptedModel {
  /// `scores`, its arguments checked.
  func scores<Model: Backbone>(
    of backbone: Model, _ batch: TokenBatch, _ prompt: FoldedPrompt?, _ readout: Readout,
    _ workspace: Workspace
  ) -> Matrix {
    let arena = workspace.arena
    let layout = JoinedLayout(batch, promptLength: prompt?.prompt.rows ?? 0)
    let input = prompt.map { prompt in
      let view = arena.matrix(prompt.prompt.rows, prompt.prompt.columns)
      view.copy(prompt.prompt)
      return PromptInput(prompt: view, lowRank: lowRank(prompt, batch.longest, in: arena))
    }
    let embedded = embed(batch, input, layout, backbone.wordEmbeddings, workspace)
    let (states, _) = backbone.encode(embedded, layout, keeping: false, workspace)
    switch readout {
    case .head(let head):
      let pooled = PooledHead.pool(states, layout, in: arena)
      return PooledHead(head, in: arena).logits(pooled, in: arena).matrix()
    case .labelWords(let words):
      return backbone.decoder?.logProbabilities(words, states: states, layout, workspace)
        ?? Matrix(rows: layout.count, columns: words.count)
    }
  }

  /// The last hidden states of valid texts without a prompt, end to end. `[tokens, d]`
  func lastHiddenStates(_ batch: TokenBatch) -> Matrix {
    func states<Model: Backbone>(_ backbone: Model, _ workspace: Workspace) -> Matrix {
      let layout = JoinedLayout(batch, promptLength: 0)
      let embedded = embed(batch, nil, layout, backbone.wordEmbeddings, workspace)
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
    let layout = JoinedLayout(batch, promptLength: prompt.shape.promptLength)
    let pass = PromptPass(prompt, in: arena)
    let lowRank =
      prompt.shape.rank > 0 ? pass.lowRankRows(batch.longest, in: arena) : nil
    let input = PromptInput(prompt: pass.result, lowRank: lowRank)
    let embedded = embed(batch, input, layout, backbone.wordEmbeddings, workspace)
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
  private func embed(
    _ batch: TokenBatch, _ input: PromptInput?, _ layout: JoinedLayout,
    _ wordEmbeddings: WeightMatrix, _ workspace: Workspace
  ) -> MatrixView {
    let rows = workspace.arena.matrix(layout.rows, wordEmbeddings.columns)
    let width = rows.columns
    for text in 0..<layout.count {
      if let input, layout.promptLength > 0 {
        rows.row(layout.starts[text]).update(
          from: input.prompt.base, count: layout.promptLength * width)
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

  /// `c·A[i]·B` for the first `length` positions, `[length, d]`; nil without a low-rank pair.
  private func lowRank(_ prompt: FoldedPrompt, _ length: Int, in arena: Arena) -> MatrixView? {
    guard prompt.lowRankA.columns > 0 else { return nil }
    let rows = arena.matrix(length, width)
    let a = arena.matrix(prompt.lowRankA.rows, prompt.lowRankA.columns)
    let b = arena.matrix(prompt.lowRankB.rows, prompt.lowRankB.columns)
    a.copy(prompt.lowRankA)
    b.copy(prompt.lowRankB)
    Product.small(a.rows(0..<length), b, scale: prompt.lowRankScale, into: rows)
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
