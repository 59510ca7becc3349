import EPTCompute

/// What a decoder has computed of the rows before, so that a step computes one row a hypothesis.
///
/// Keys and values of a step lie in a matrix of their own, which is never moved: a hypothesis that
/// is followed knows the row that it has in the matrix of each step before.
package struct KVCache {
  /// Keys and values, `[rows, heads · headWidth]` each.
  struct Pair {
    let keys: MatrixView
    let values: MatrixView

    init(rows: Int, columns: Int, in arena: Arena) {
      keys = arena.matrix(rows, columns)
      values = arena.matrix(rows, columns)
    }
  }

  /// Of each block, those of the encoder's rows.
  fileprivate(set) var memory: [Pair] = []
  /// Of each block and step, those of the decoder's rows.
  fileprivate(set) var steps: [[Pair]] = []
  /// The rows of the encoder that are each text's.
  let texts: [Range<Int>]
}

/// The rows of one step of a decoder.
package struct DecoderRows {
  /// The token that each row reads. `[rows]`
  package var tokens: [Int32]
  /// The rows of the steps before that each row follows, the first step first. `[rows][steps]`
  package var history: [[Int]]
  /// Each text's rows, none for one that is done. `[texts]`
  package var ofText: [Range<Int>]

  package init(tokens: [Int32], history: [[Int]], ofText: [Range<Int>]) {
    self.tokens = tokens
    self.history = history
    self.ofText = ofText
  }
}

extension Stack {
  /// Keys and values of the encoder's states, in the pass's memory.
  package func cache(_ memory: EncoderMemory, _ workspace: Workspace) -> KVCache {
    var cache = KVCache(texts: memory.texts)
    for block in blocks {
      cache.steps.append([])
      guard let cross = block.crossAttention else { continue }
      let pair = KVCache.Pair(
        rows: memory.states.rows, columns: cross.heads * cross.headWidth, in: workspace.arena)
      workspace.forRowBlocks(memory.states.rows) { rows, scratch in
        let states = memory.states.rows(rows)
        cross.key.multiply(
          cross.key.input(states, in: scratch), into: pair.keys.rows(rows), workspace)
        cross.value.multiply(
          cross.value.input(states, in: scratch), into: pair.values.rows(rows), workspace)
      }
      cache.memory.append(pair)
    }
    return cache
  }

  /// Turns the stream `h` of one step, `[rows, d]`, into the last hidden states.
  ///
  /// Adds the rows' keys and values to `cache`, in the pass's memory.
  package func step(
    _ h: MatrixView, _ rows: DecoderRows, cache: inout KVCache, edits: StackEdits? = nil,
    _ workspace: Workspace
  ) {
    for (index, block) in blocks.enumerated() {
      // Taken before the blocks' temporary memory, since later steps read them.
      cache.steps[index].append(
        KVCache.Pair(rows: h.rows, columns: block.attention.width, in: workspace.arena))
    }
    for (index, block) in blocks.enumerated() {
      block.step(h, rows, block: index, cache, workspace)
      let starts = rows.ofText.map(\.lowerBound) + [h.rows]
      block.edit(
        h, rows: 0..<h.rows, edits?.runs(block: index, starts: starts) ?? [], saving: nil,
        in: workspace.arena)
    }
    finalNorm?(h, into: h, saving: nil, rows: 0..<h.rows)
  }
}
