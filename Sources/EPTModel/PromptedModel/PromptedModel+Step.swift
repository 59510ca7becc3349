import EPTCompute
import EPTLayers

extension PromptedModel {
  /// A batch goes forward and back in parts of about this many rows at most.
  ///
  /// What a pass saves for its gradient grows with the rows, and more rows make products no faster.
  static let rowsTogether = 2560

  /// `step`, its arguments checked.
  ///
  /// The batch is computed part by part; losses and gradients of the parts are added.
  func step(
    of batch: TokenBatch, _ targets: [Target], _ weights: [Float], _ prompt: EPTPrompt,
    _ readout: Readout, _ workspace: Workspace
  ) -> StepResult {
    let arena = workspace.arena
    let pass = PromptPass(prompt, in: arena)
    let lowRank = prompt.shape.rank > 0 ? pass.lowRankRows(batch.longest, in: arena) : nil
    let input = PromptInput(prompt: pass.result, lowRank: lowRank)
    let promptGradient = arena.zeros(prompt.shape.promptLength, hiddenSize)
    let positionGradient = arena.zeros(lowRank?.rows ?? 0, hiddenSize)
    let edits =
      prompt.depth.map { DepthEdits($0, backbone, in: arena) } ?? DepthEdits(none: backbone)
    let depth = depthGradients(of: prompt, in: arena)
    var loss: Float = 0
    var headGradient: LinearHead?
    if case .head(let head) = readout { headGradient = head.zeros }

    for rows in batch.parts(promptLength: prompt.shape.promptLength, rows: Self.rowsTogether) {
      arena.temporary {
        let part = batch.part(rows)
        let ownWords = ownWords(readout, Array(targets[rows]))
        let layout = layout(part, promptLength: prompt.shape.promptLength, ownWords)
        let partDepth = depthGradients(of: prompt, in: arena)
        let (partLoss, gradient, partHead) = step(
          part, Array(targets[rows]), Array(weights[rows]), input, edits, partDepth, readout,
          ownWords, layout, workspace)
        // Means over the part's texts become shares of the mean over all.
        let share = Float(rows.count) / Float(batch.rowCount)
        loss += share * partLoss
        if let partHead { headGradient?.add(partHead, scale: share) }
        for (sum, one) in zip(depth?.parts ?? [], partDepth?.parts ?? []) {
          add(one.gradient, scale: share, to: sum.gradient)
        }
        guard let gradient else { return }
        for text in 0..<layout.count {
          add(gradient.rows(layout.prompt(text)), scale: share, to: promptGradient)
          if lowRank != nil {
            let rows = layout.tokens(text)
            add(gradient.rows(rows), scale: share, to: positionGradient.rows(0..<rows.count))
          }
        }
      }
    }
    return StepResult(
      loss: loss,
      prompt: pass.gradient(
        prompt: promptGradient, input: positionGradient, depth: depth, of: prompt, in: arena),
      head: headGradient)
  }

  /// The rows of each text's own label word; nil with a head.
  private func ownWords(_ readout: Readout, _ targets: [Target]) -> TreeRows? {
    guard case .labelWords(let words) = readout else { return nil }
    return backbone.decoder?.ownWords(words, labels: targets.compactMap(\.label))
  }

  /// The texts with `promptLength` rows before each, and their own words behind them where the
  /// decoder continues texts.
  private func layout(
    _ part: TokenBatch, promptLength: Int, _ ownWords: TreeRows?
  ) -> TokenLayout {
    let lengths = [Int](repeating: promptLength, count: part.count)
    guard let ownWords, let decoder = backbone.decoder, decoder.continuesText else {
      return TokenLayout(part, promptLengths: lengths)
    }
    return TokenLayout(
      part, promptLengths: lengths, trees: ownWords.trees, treeOfText: ownWords.treeOfText)
  }

  /// Where the gradients of the projections after blocks gather; nil for none.
  private func depthGradients(of prompt: EPTPrompt, in arena: Arena) -> DepthGradients? {
    prompt.shape.depth.map { DepthGradients($0, backbone, hiddenSize: hiddenSize, in: arena) }
  }

  /// Loss, gradient with respect to the joined rows and the head's gradient of one part.
  ///
  /// Adds the gradients with respect to projections, if there are any, to `depth`. The one with
  /// respect to the rows is nil where nothing that is trained stands in them.
  private func step(
    _ part: TokenBatch, _ targets: [Target], _ weights: [Float], _ input: PromptInput,
    _ edits: DepthEdits, _ depth: DepthGradients?, _ readout: Readout, _ ownWords: TreeRows?,
    _ layout: TokenLayout, _ workspace: Workspace
  ) -> (loss: Float, gradient: MatrixView?, head: LinearHead?) {
    let arena = workspace.arena
    let states = embed(
      part, [PromptInput?](repeating: input, count: part.count), layout, workspace)
    let tasks = [Int](repeating: 0, count: part.count)
    let saved = backbone.encode(
      states, layout, edits: StackEdits(tasks: [edits.encoder], taskOfText: tasks), saving: true,
      workspace)
    let stateGradient = arena.zeros(states.rows, states.columns)
    var loss: Float = 0
    var headGradient: LinearHead?
    switch readout {
    case .head(let head):
      (loss, headGradient) = PooledHead(head, in: arena).loss(
        states: states, targets: targets, weights: weights, words: part.wordStarts,
        stateGradient: stateGradient, layout, in: arena)
    case .labelWords(let words):
      guard let decoder = backbone.decoder, let ownWords else { break }
      loss = decoder.loss(
        words, ownWords, weights: weights,
        EncoderMemory(states: states, texts: (0..<layout.count).map(layout.joined)),
        memoryGradient: stateGradient,
        edits: StackEdits(tasks: [edits.decoder], taskOfText: tasks),
        editGradients: depth?.decoder ?? [], workspace)
    }
    guard let saved else { return (loss, nil, headGradient) }
    let reachesInput = input.prompt.rows > 0 || input.lowRank != nil
    backbone.inputGradient(
      stateGradient, saved: saved, editGradients: depth?.encoder ?? [], reachesInput: reachesInput,
      workspace)
    return (loss, reachesInput ? stateGradient : nil, headGradient)
  }

  /// Adds `scale * rows` to `sum`, both contiguous and of one size.
  private func add(_ rows: MatrixView, scale: Float, to sum: MatrixView) {
    precondition(rows.rows == sum.rows && rows.isContiguous && sum.isContiguous)
    kernels.add_scaled(sum.base, rows.base, scale, Int64(rows.count))
  }
}

extension TokenBatch {
  /// Tokens of the longest text.
  fileprivate var longest: Int { (0..<count).map { range($0).count }.max() ?? 0 }

  /// Consecutive rows whose texts have about `limit` states at most, `promptLength` before each
  /// text included.
  ///
  /// There are no more parts than needed, of about the same size.
  func parts(promptLength: Int, rows limit: Int) -> [Range<Int>] {
    guard count > 0 else { return [] }
    let states = (0..<count).reduce(0) { $0 + range($1).count + promptLength }
    let wanted = (states + limit - 1) / limit
    var parts: [Range<Int>] = []
    var (first, passed) = (0, 0)
    for row in 0..<rowCount {
      passed += texts(ofRow: row).reduce(0) { $0 + range($1).count + promptLength }
      // Part i ends where i + 1 shares of all states are behind it.
      if passed * wanted >= states * (parts.count + 1) || row == rowCount - 1 {
        parts.append(first..<row + 1)
        first = row + 1
      }
    }
    return parts
  }
}

extension LinearHead {
  fileprivate mutating func add(_ other: LinearHead, scale: Float) {
    for index in weight.values.indices {
      weight.values[index] += scale * other.weight.values[index]
    }
    for index in bias.indices { bias[index] += scale * other.bias[index] }
  }
}
