import EPTCompute

/// A chain of blocks: the runner's only view of an encoder or a decoder.
package struct Stack: Sendable {
  /// What the gradient needs of one forward pass.
  package struct Saved {
    let blocks: [BlockSaved]
    let norm: Norm.Saved?
    let pass: Pass
  }

  /// What a pass reads beside its stream of rows.
  package struct Pass {
    /// Where each text's rows start, then the total. `[texts + 1]`
    let starts: [Int]
    /// The same of keys, of which a text may have some before its own rows'. `[texts + 1]`
    let keyStarts: [Int]
    /// The rows before each text's own; nil where no text has any.
    let past: PastRows?
    /// Room for each block's keys and values; none to keep none.
    let kept: [KeyValues]
    /// Each block's.
    let positions: [BlockPositions]
    let memory: EncoderMemory?
    /// What follows each block.
    let edits: [[EditRun]]

    /// The same for texts `texts` alone.
    package func part(texts: Range<Int>) -> Pass {
      let rows = starts[texts.lowerBound]..<starts[texts.upperBound]
      let firstRow = rows.lowerBound
      func part(_ starts: [Int]) -> [Int] {
        starts[texts.lowerBound...texts.upperBound].map { $0 - starts[texts.lowerBound] }
      }
      precondition(kept.isEmpty, "keys and values are kept of all texts")
      return Pass(
        starts: part(starts), keyStarts: part(keyStarts), past: past?.part(texts), kept: [],
        positions: positions.map { $0.part(texts: texts, firstRow: firstRow) }, memory: memory,
        edits: edits.map { runs in
          runs.compactMap { run in
            let part = run.rows.clamped(to: rows)
            return part.isEmpty
              ? nil
              : EditRun(
                rows: part.lowerBound - firstRow..<part.upperBound - firstRow,
                projection: run.projection)
          }
        })
    }

    fileprivate func block(_ index: Int) -> BlockPass {
      BlockPass(
        starts: starts, keyStarts: keyStarts, past: past?.keyValues(block: index),
        kept: kept.isEmpty ? nil : kept[index], positions: positions[index], memory: memory,
        edits: edits[index])
    }
  }

  package let blocks: [TransformerBlock]
  /// What follows the last block.
  package let finalNorm: Norm?

  package init(blocks: [TransformerBlock], finalNorm: Norm?) {
    self.blocks = blocks
    self.finalNorm = finalNorm
  }

  /// Makes a pass ready: what does not depend on the stream is computed in memory of `arena`.
  ///
  /// `past` are rows that stand before the texts' own. All keys and values go to `kept`, which has
  /// room for them in each block, unless it is empty.
  package func pass(
    _ structure: RowStructure = .sequences, starts: [Int], memory: EncoderMemory? = nil,
    past: PastRows? = nil, keeping kept: [KeyValues] = [], edits: StackEdits? = nil, in arena: Arena
  ) -> Pass {
    let before = (0..<starts.count - 1).map { past?.count(text: $0) ?? 0 }
    return Pass(
      starts: starts, keyStarts: PastRows.keyStarts(starts, past: before), past: past, kept: kept,
      positions: positions(structure, starts: starts, past: before, in: arena), memory: memory,
      edits: blocks.indices.map { edits?.runs(block: $0, starts: starts) ?? [] })
  }

  /// Turns the stream `h`, `[rows, d]`, into the last hidden states.
  package func forward(
    _ h: MatrixView, _ pass: Pass, saving: Bool, _ workspace: Workspace
  ) -> Saved? {
    var saved: [BlockSaved] = []
    for (index, block) in blocks.enumerated() {
      if let one = block.forward(h, pass.block(index), saving: saving, workspace) {
        saved.append(one)
      }
    }
    let savedNorm =
      saving && finalNorm != nil
      ? Norm.Saved(rows: h.rows, columns: h.columns, in: workspace.arena) : nil
    finalNorm?.inPlace(h, saving: savedNorm, workspace)
    return saving ? Saved(blocks: saved, norm: savedNorm, pass: pass) : nil
  }

  /// Turns `gradient` with respect to the last hidden states, `[rows, d]`, into the one with
  /// respect to the stream that `forward` began with.
  ///
  /// Adds the gradient with respect to the encoder's states to `memoryGradient`, and those with
  /// respect to the projections to `editGradients`, one a block, none for no projections. Without
  /// `reachesInput` only these are wanted: blocks below all of them are skipped.
  package func backward(
    _ gradient: MatrixView, saved: Saved, memoryGradient: MatrixView? = nil,
    editGradients: [GatedProjection.Gradient?] = [], reachesInput: Bool = true,
    _ workspace: Workspace
  ) {
    if let finalNorm, let savedNorm = saved.norm {
      finalNorm.backwardInPlace(gradient, saved: savedNorm, workspace)
    }
    let lowest =
      reachesInput || memoryGradient != nil
      ? 0 : editGradients.firstIndex { $0 != nil } ?? blocks.count
    for index in blocks.indices.reversed() where index >= lowest {
      blocks[index].backward(
        gradient, saved: saved.blocks[index], saved.pass.block(index),
        memoryGradient: memoryGradient,
        editGradient: editGradients.isEmpty ? nil : editGradients[index],
        reachesInput: reachesInput || index > lowest, workspace)
    }
  }
}
