import EPTCompute

/// Keys and values of some rows in one block.
package struct KeyValues {
  package let keys: MatrixView  // [rows, keyWidth]
  package let values: MatrixView  // [rows, keyWidth]

  init(rows: Int, columns: Int, in arena: Arena) {
    keys = arena.matrix(rows, columns)
    values = arena.matrix(rows, columns)
  }

  init(keys: MatrixView, values: MatrixView) {
    self.keys = keys
    self.values = values
  }

  func rows(_ range: Range<Int>) -> KeyValues {
    KeyValues(keys: keys.rows(range), values: values.rows(range))
  }

  /// Copies rows of the same number.
  func copy(_ other: KeyValues) {
    precondition(keys.count == other.keys.count && keys.isContiguous && other.keys.isContiguous)
    keys.base.update(from: other.keys.base, count: keys.count)
    values.base.update(from: other.values.base, count: values.count)
  }
}

/// What a decoder has computed of the rows before, so that a step computes one row a hypothesis.
///
/// Keys and values of each step have a matrix of their own, which is never moved. A hypothesis
/// knows its row in the matrix of each earlier step.
package struct KVCache {
  /// Of each block, those of the encoder's rows.
  fileprivate(set) var memory: [KeyValues] = []
  /// Of each block, those of the texts that a decoder without an encoder goes on from.
  fileprivate(set) var past: [KeyValues] = []
  /// The rows of `past` that are each text's.
  fileprivate(set) var pastOfText: [Range<Int>] = []
  /// Of each block and step, those of the decoder's rows.
  fileprivate(set) var steps: [[KeyValues]] = []
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
  /// Room for the keys and values of `rows` rows in every block.
  package func room(rows: Int, in arena: Arena) -> [KeyValues] {
    blocks.map { KeyValues(rows: rows, columns: $0.attention.keyWidth, in: arena) }
  }

  /// Keys and values of the encoder's states, in the pass's memory.
  package func cache(_ memory: EncoderMemory, _ workspace: Workspace) -> KVCache {
    var cache = KVCache(texts: memory.texts)
    for block in blocks {
      cache.steps.append([])
      guard let cross = block.crossAttention else { continue }
      let pair = KeyValues(
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

  /// The cache of texts that a pass through this stack has kept the keys and values of.
  ///
  /// Each text's last row is the first step, its others are the past. `texts` are the texts' rows in
  /// `kept`.
  package func cache(
    _ kept: [KeyValues], texts: [Range<Int>], _ workspace: Workspace
  ) -> KVCache {
    var cache = KVCache(texts: [])
    cache.past = kept
    cache.pastOfText = texts.map { $0.dropLast() }
    for (block, pair) in zip(blocks, kept) {
      let last = KeyValues(
        rows: texts.count, columns: block.attention.keyWidth, in: workspace.arena)
      for (row, text) in texts.enumerated() {
        last.rows(row..<row + 1).copy(pair.rows(text.upperBound - 1..<text.upperBound))
      }
      cache.steps.append([last])
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
        KeyValues(rows: h.rows, columns: block.attention.keyWidth, in: workspace.arena))
    }
    workspace.arena.temporary {
      let pasts = pastOfRows(rows, cache)
      let positions = positions(
        ofStep: rows.history.indices.map { pasts[$0].count + rows.history[$0].count },
        in: workspace.arena)
      let starts = rows.ofText.map(\.lowerBound) + [h.rows]
      for (index, block) in blocks.enumerated() {
        block.step(h, rows, pasts, block: index, cache, positions[index], workspace)
        block.edit(
          h, rows: 0..<h.rows, edits?.runs(block: index, starts: starts) ?? [], saving: nil,
          in: workspace.arena)
      }
    }
    finalNorm?(h, into: h, saving: nil, rows: 0..<h.rows)
  }

  /// The rows of the cache's past that each row of a step follows.
  private func pastOfRows(_ rows: DecoderRows, _ cache: KVCache) -> [Range<Int>] {
    var pasts = [Range<Int>](repeating: 0..<0, count: rows.tokens.count)
    for (text, past) in cache.pastOfText.enumerated() {
      for row in rows.ofText[text] { pasts[row] = past }
    }
    return pasts
  }
}
