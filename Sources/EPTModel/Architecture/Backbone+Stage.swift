import EPTCompute
import EPTLayers

extension Backbone {
  /// Some blocks of the encoder, for sequences of rows that go on from those of the stage before.
  struct Stage {
    let blocks: Range<Int>
    let isLast: Bool
    /// The sequence of the stage before that each one goes on from; none in the first stage.
    let sources: [Int]
    /// What follows the last block of the stage before, for sequences that begin to be a task's.
    let forks: StackEdits
    /// What follows all blocks of the encoder.
    let edits: StackEdits
  }

  /// Turns `states`, `[rows, d]`, into what the blocks of `stage` give.
  ///
  /// In the first stage `states` are the embeddings of words and prompts. In a later one they are
  /// filled here, from what `before` has of each sequence.
  func encode(
    _ stage: Stage, _ states: MatrixView, _ layout: TokenLayout, after before: EncodedTexts?,
    _ workspace: Workspace
  ) {
    if before == nil { embeddings.addPositions(to: states, layout, workspace) }
    let stack = encoder.part(stage.blocks, isLast: stage.isLast)
    let pass = stack.pass(
      starts: layout.starts, edits: stage.edits.blocks(stage.blocks), in: workspace.arena)
    func run(
      _ texts: Range<Int>, _ rows: MatrixView, _ pass: Stack.Pass, _ workspace: Workspace
    ) {
      if let before {
        for text in texts {
          let source = before.layout.joined(stage.sources[text])
          states.row(layout.starts[text]).update(
            from: before.states.row(source.lowerBound), count: source.count * states.columns)
        }
        stage.forks.texts(texts).add(
          after: stage.blocks.lowerBound - 1, to: rows, starts: layout.starts(of: texts),
          workspace)
      } else {
        embeddings.norm?.inPlace(rows, saving: nil, workspace)
      }
      _ = stack.forward(rows, pass, saving: false, workspace)
    }
    guard let groups = layout.groups() else {
      return run(0..<layout.count, states, pass, workspace)
    }
    workspace.forEachAlone(groups.count) { group, own in
      let (texts, rows) = groups[group]
      let part = pass.part(starts: layout.starts(of: texts), firstRow: rows.lowerBound)
      run(texts, states.rows(rows), part, own)
    }
  }
}
