import EPTCompute
import EPTLayers

/// The encoder's states of a batch, each text read with its prompt.
struct EncodedTexts {
  /// The states of all sequences. `[rows, d]`
  let states: MatrixView
  /// Where the sequences of rows lie in `states`.
  let layout: TokenLayout
  /// The sequence of each text; several texts may have one. `[texts]`
  let sequenceOfText: [Int]
}

/// The trees of label words that a batch's texts are scored by.
struct LabelRows {
  let trees: [LabelTree]
  /// The tree of each text; nil with a head. `[texts]`
  let treeOfText: [Int?]

  init(_ prompts: [PreparedPrompt], promptOfText: [Int]) {
    var trees: [LabelTree] = []
    let treeOfPrompt = prompts.map { prompt -> Int? in
      guard let tree = prompt.tree else { return nil }
      trees.append(tree)
      return trees.count - 1
    }
    self.trees = trees
    treeOfText = promptOfText.map { treeOfPrompt[$0] }
  }
}

extension PromptedModel {
  /// Encodes each text with its prompt; rows that several prompts share are computed once.
  ///
  /// Where the decoder continues texts, the rows of their `labels` stand behind them.
  func encode(
    _ batch: TokenBatch, _ prompts: [PreparedPrompt], promptOfText: [Int], _ labels: LabelRows,
    _ workspace: Workspace
  ) -> EncodedTexts {
    // Stages know neither prompts' rows computed earlier nor rows behind texts.
    if prompts.count > 1,
      prompts.allSatisfy({ $0.rowsInFront == $0.promptLength && !$0.labelsFollowText }),
      let plan = TrunkPlan(
        batch, sharedBlocks: promptOfText.map { prompts[$0].sharedBlocks },
        changesStates: promptOfText.map { prompts[$0].changesStates },
        blocks: backbone.encoder.blocks.count)
    {
      return encode(batch, plan, prompts, promptOfText, workspace)
    }
    let texts = RemainingTexts(batch, promptOfText.map { prompts[$0] })
    let layout = TokenLayout(
      texts.batch, promptLengths: promptOfText.map { prompts[$0].rowsInFront },
      trees: continuesText ? labels.trees : [],
      treeOfText: continuesText ? labels.treeOfText : nil)
    let states = embed(
      texts.batch, promptOfText.map { prompts[$0].input }, behind: texts.known, layout, workspace)
    _ = backbone.encode(
      states, layout,
      past: PastRows(
        prompts.map(\.past), promptOfText: promptOfText, counts: texts.rowsBefore),
      edits: StackEdits(tasks: prompts.map(\.edits.encoder), taskOfText: promptOfText),
      saving: false, workspace)
    return EncodedTexts(
      states: states, layout: layout, sequenceOfText: Array(0..<batch.count))
  }

  private func encode(
    _ batch: TokenBatch, _ plan: TrunkPlan, _ prompts: [PreparedPrompt], _ promptOfText: [Int],
    _ workspace: Workspace
  ) -> EncodedTexts {
    let first = stage(batch, plan.first, of: plan, after: nil, prompts, promptOfText, workspace)
    return plan.later.reduce(first) {
      stage(batch, $1, of: plan, after: $0, prompts, promptOfText, workspace)
    }
  }

  private func stage(
    _ batch: TokenBatch, _ stage: TrunkPlan.Stage, of plan: TrunkPlan, after before: EncodedTexts?,
    _ prompts: [PreparedPrompt], _ promptOfText: [Int], _ workspace: Workspace
  ) -> EncodedTexts {
    let texts = batch.texts(stage.texts)
    let promptOfSequence = stage.texts.map { promptOfText[$0] }
    let layout = TokenLayout(
      texts, promptLengths: promptOfSequence.map { prompts[$0].promptLength })
    let states =
      before == nil
      ? embed(texts, promptOfSequence.map { prompts[$0].input }, layout, workspace)
      : workspace.arena.matrix(layout.rows, hiddenSize)
    // Rows that several tasks share are the task behind all others: it adds nothing.
    let tasks = prompts.map(\.edits.encoder) + [DepthEdits(none: backbone).encoder]
    func edits(_ isAdded: (Int) -> Bool) -> StackEdits {
      let taskOfText = stage.texts.indices.map {
        isAdded($0) ? promptOfSequence[$0] : prompts.count
      }
      return StackEdits(tasks: tasks, taskOfText: taskOfText)
    }
    backbone.encode(
      Backbone.Stage(
        blocks: stage.blocks, isLast: stage.isLast, sources: stage.sources,
        forks: edits { stage.isFork[$0] }, edits: edits { stage.isOwn[$0] }),
      states, layout, after: before, workspace)
    return EncodedTexts(states: states, layout: layout, sequenceOfText: plan.sequenceOfText)
  }
}
