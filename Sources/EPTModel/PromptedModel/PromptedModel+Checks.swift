extension FoldedPrompt {
  /// `n`, the longest text that the low-rank pair reaches; nil without a pair.
  var inputLength: Int? { lowRankA.columns == 0 ? nil : lowRankA.rows }
}

extension PromptedModel {
  /// Stops at the first id outside the vocabulary.
  func check(_ ids: some Sequence<Int32>) throws {
    let size = vocabularySize
    for id in ids where id < 0 || Int(id) >= size {
      throw ModelError.unknownToken(id: id, vocabularySize: size)
    }
  }

  /// Stops at texts that are empty, too long or not of this vocabulary.
  ///
  /// Text `i` stands behind `promptLength(i)` rows, has at most `inputLength(i)` tokens and has
  /// `labelLength(i)` positions of label words behind it.
  func check(
    _ batch: TokenBatch, promptLength: (Int) -> Int, inputLength: (Int) -> Int?,
    labelLength: (Int) -> Int = { _ in 0 }
  ) throws {
    try check(batch.ids)
    guard batch.tokenTypeIDs.count == batch.ids.count else {
      throw ModelError.mismatch(
        reason: "\(batch.ids.count) tokens have \(batch.tokenTypeIDs.count) token types")
    }
    for text in 0..<batch.count {
      let tokens = batch.range(text).count
      guard tokens > 0 else {
        throw ModelError.mismatch(
          reason: "text \(text + 1) of the batch has no tokens; not even its end token")
      }
      let others = promptLength(text) + labelLength(text)
      if let positions, tokens + others > positions {
        throw ModelError.tooLong(tokens: tokens, prompt: others, limit: positions)
      }
      if let inputLength = inputLength(text), tokens > inputLength {
        throw ModelError.mismatch(
          reason: "a text of \(tokens) tokens is longer than the prompt's input length of "
            + "\(inputLength); lower the input length of the texts")
      }
    }
    if let count = tokenTypeCount, let id = batch.tokenTypeIDs.first(where: { $0 >= count }) {
      throw ModelError.mismatch(
        reason: "token type \(id) is outside the backbone's \(count) token types")
    }
  }

  /// Stops at a folded prompt whose sizes contradict one another or the backbone.
  func check(_ prompt: FoldedPrompt) throws {
    let pair = (prompt.lowRankA, prompt.lowRankB)
    guard prompt.prompt.columns == hiddenSize, pair.0.columns == pair.1.rows,
      pair.1.rows == 0 || pair.1.columns == hiddenSize
    else {
      throw ModelError.mismatch(
        reason: "a prompt [\(prompt.prompt.rows), \(prompt.prompt.columns)] with a low-rank pair "
          + "[\(pair.0.rows), \(pair.0.columns)] · [\(pair.1.rows), \(pair.1.columns)] does not "
          + "fit a backbone of width \(hiddenSize)")
    }
    if let depth = prompt.depth { try check(depth) }
  }

  /// Stops at projections that do not fit the backbone's blocks.
  func check(_ depth: DepthProjections) throws {
    let shape = depth.shape
    let blocks = blockCounts
    guard shape.subspaces > 0, shape.subspaceWidth > 0, shape.encoderBlocks >= 0,
      shape.decoderBlocks >= 0, shape.encoderBlocks <= blocks.encoder,
      shape.decoderBlocks <= blocks.decoder,
      depth.down.rows == shape.blocks * shape.vectors, depth.up.rows == depth.down.rows,
      depth.gate.rows == shape.blocks * shape.gateVectors,
      [depth.down, depth.up, depth.gate].allSatisfy({ $0.columns == hiddenSize })
    else {
      throw ModelError.mismatch(
        reason: "projections after \(shape.encoderBlocks) blocks of an encoder and "
          + "\(shape.decoderBlocks) of a decoder, of width \(depth.down.columns), do not fit a "
          + "backbone with \(blocks.encoder) and \(blocks.decoder) blocks of width \(hiddenSize)")
    }
  }

  /// Stops at a row that has another number of texts than its read-out reads.
  func check(_ batch: TokenBatch, _ row: Int, _ readout: Readout) throws {
    var texts = 1
    if case .head(let head) = readout { texts = head.features.textCount }
    let found = batch.texts(ofRow: row).count
    guard found == texts else {
      throw ModelError.mismatch(
        reason: "row \(row + 1) of the batch has \(found) text\(found == 1 ? "" : "s") where its "
          + "read-out reads \(texts)")
    }
    let tokens = batch.range(batch.texts(ofRow: row).lowerBound).count
    guard batch.wordStarts[row].allSatisfy({ 0..<tokens ~= $0 }) else {
      throw ModelError.mismatch(
        reason: "a word of row \(row + 1) of the batch starts outside its \(tokens) tokens")
    }
  }

  /// Stops at targets that are none of the read-out, and at words without a tag.
  func check(_ targets: [Target], _ batch: TokenBatch, _ readout: Readout) throws {
    var kind = HeadKind.classes
    if case .head(let head) = readout { kind = head.kind }
    let outputs = readout.classCount
    let rows = batch.rowCount
    for (row, target) in targets.enumerated().prefix(rows) {
      guard case .tags(let tags) = target, tags.count < batch.wordStarts[row].count else {
        continue
      }
      throw ModelError.mismatch(
        reason: "row \(row + 1) of the batch has \(batch.wordStarts[row].count) words and "
          + "\(tags.count) tags")
    }
    guard targets.count == rows, targets.allSatisfy({ kind.accepts($0, outputs: outputs) }) else {
      throw ModelError.mismatch(
        reason: "\(rows) rows need as many "
          + (kind == .classes
            ? "labels from 0 to \(outputs - 1)" : "targets of their read-out's own kind"))
    }
  }

  /// Stops at a read-out that the backbone can't have.
  func check(_ readout: Readout) throws {
    guard readout.classCount > 0 else {
      throw ModelError.mismatch(reason: "a read-out without classes")
    }
    switch readout {
    case .head(let head):
      guard head.weight.columns == head.features.count(hiddenSize: hiddenSize),
        head.bias.count == head.weight.rows
      else {
        throw ModelError.mismatch(
          reason: "a head [\(head.weight.rows), \(head.weight.columns)] with \(head.bias.count) "
            + "biases does not fit a backbone of width \(hiddenSize)")
      }
      guard (head.kind == .tags) == (head.features == .words) else {
        throw ModelError.mismatch(reason: "tags are of words, and words have tags")
      }
      guard head.kind.fits(outputs: head.weight.rows) else {
        throw ModelError.mismatch(
          reason: "a head of \(head.weight.rows) outputs does not fit what they stand for")
      }
    case .labelWords(let words):
      guard hasDecoder else {
        throw ModelError.mismatch(
          reason: "label words need a decoder, which this backbone does not have; use a head")
      }
      for (index, word) in words.enumerated() {
        guard !word.isEmpty else {
          throw ModelError.mismatch(reason: "the label word of class \(index) has no tokens")
        }
        try check(word)
      }
    }
  }
}
