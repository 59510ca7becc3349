import EPTFormat

/// T5's decoder, which scores given label words here and writes texts in `Generation/`.
struct T5Decoder: Sendable {
  /// Each text's rows in the decoder.
  private struct Rows {
    /// Distinct trees with their self-attention biases.
    let trees: [(tree: DecoderTree, bias: AttentionBias)]
    /// The tree of each text.
    let treeOfText: [Int]
    /// Where each text's rows start, then the total.
    let starts: [Int]

    init(_ trees: [DecoderTree], treeOfText: [Int], bias: RelativeBias, in arena: Arena) {
      self.trees = trees.map { ($0, $0.attentionBias(bias, in: arena)) }
      self.treeOfText = treeOfText
      starts = treeOfText.reduce(into: [0]) { $0.append($0[$0.count - 1] + trees[$1].count) }
    }

    var count: Int { starts[treeOfText.count] }

    func tree(_ text: Int) -> DecoderTree { trees[treeOfText[text]].tree }

    /// Each text's self-attention bias.
    var biases: [AttentionBias] { treeOfText.map { trees[$0].bias } }
  }

  struct Block: Sendable {
    let attention: T5SelfAttention
    let cross: T5CrossAttention
    let feedForward: T5FeedForward
  }

  private struct Kept {
    var attention: [T5SelfAttention.Kept] = []
    var cross: [T5CrossAttention.Kept] = []
    var feedForward: [T5FeedForward.Kept] = []
    var norm: Norm.Kept?
  }

  let wordEmbeddings: Embedding
  let blocks: [Block]
  let bias: RelativeBias
  let norm: Norm
  let vocabulary: OutputVocabulary
  /// The token that results start after, and the one that they end with.
  let start: Int32
  let end: Int32

  init(
    _ weights: any WeightSource, _ configuration: T5Configuration, wordEmbeddings: Embedding,
    _ precision: Precision?
  ) throws {
    self.wordEmbeddings = wordEmbeddings
    start = configuration.decoderStart
    end = configuration.endToken
    blocks = try (0..<configuration.decoderLayers).map { layer in
      let name = "decoder.block.\(layer).layer"
      return Block(
        attention: try T5SelfAttention(weights, name + ".0", configuration, precision),
        cross: try T5CrossAttention(weights, name + ".1", configuration, precision),
        feedForward: try T5FeedForward(weights, name + ".2", configuration, precision))
    }
    bias = try RelativeBias(weights, stack: "decoder", configuration, isBidirectional: false)
    norm = try Norm.rootMeanSquare(
      weights, "decoder.final_layer_norm", width: configuration.width,
      epsilon: configuration.normEpsilon)
    vocabulary =
      configuration.tiesEmbeddings
      ? OutputVocabulary(
        weight: wordEmbeddings, scale: 1 / Float(configuration.width).squareRoot(),
        precision: precision)
      : OutputVocabulary(
        weight: try Embedding(
          weights, "lm_head.weight", rows: configuration.vocabularySize,
          columns: configuration.width, precision), scale: 1, precision: precision)
  }

  /// The rows that tell `words` apart.
  func tree(_ words: [[Int32]]) -> DecoderTree {
    DecoderTree(distinguishing: words, start: start, end: end)
  }

  /// The log-likelihood of each word's tokens but for a number that all words of a text share:
  /// for each text one number a word of its tree.
  ///
  /// The softmax runs over the whole vocabulary, where it does not cancel out. `states` are the
  /// encoder's, `[rows, d]`, and `texts` says which rows of them are each text's.
  func labelScores(
    _ trees: [DecoderTree], treeOfText: [Int], states: MatrixView, texts: [Range<Int>],
    _ workspace: Workspace
  ) -> [[Float]] {
    workspace.arena.temporary {
      let rows = Rows(trees, treeOfText: treeOfText, bias: bias, in: workspace.arena)
      let (outputs, _) = forward(rows, states: states, texts: texts, keeping: false, workspace)
      let normalizers = normalizers(outputs, rows, workspace)
      let weight = workspace.arena.floats(outputs.columns)
      return texts.indices.map { text in
        let tree = rows.tree(text)
        var scores = [Float](repeating: 0, count: tree.wordCount)
        for target in tree.targets {
          let row = rows.starts[text] + target.row
          vocabulary.weight.copy(Int(target.token), to: weight)
          let logit =
            vocabulary.scale * kernels.dot(outputs.row(row), weight, Int64(outputs.columns))
          scores[target.word] += logit - normalizers[row]
        }
        return scores
      }
    }
  }

  /// `log Σ exp(logit)` of each row of `outputs`, `[rows, d]`; 0 where it tells no words apart.
  private func normalizers(
    _ outputs: MatrixView, _ rows: Rows, _ workspace: Workspace
  ) -> [Float] {
    let normalized = rows.trees.map { $0.tree.normalizedRows }
    let needed = zip(rows.treeOfText, rows.starts).flatMap { tree, start in
      normalized[tree].map { start + $0 }
    }
    var normalizers = [Float](repeating: 0, count: outputs.rows)
    guard !needed.isEmpty else { return normalizers }
    workspace.arena.temporary {
      let gathered = workspace.arena.matrix(needed.count, outputs.columns)
      for (index, row) in needed.enumerated() {
        gathered.row(index).update(from: outputs.row(row), count: outputs.columns)
      }
      let values = vocabulary.logNormalizers(gathered, expectation: nil, workspace)
      for (row, value) in zip(needed, values) { normalizers[row] = value }
    }
    return normalizers
  }

  /// The mean over texts of the negative log-likelihood of each text's own word, divided by the
  /// mean number of tokens of all `words`.
  ///
  /// One divisor for all: a mean over each word's own tokens would let a short word's first token
  /// weigh more than a long one's, and tilt every prediction towards the shorter word.
  /// Adds the gradient with respect to the encoder's `states` to `stateGradient`, `[rows, d]`.
  func loss(
    _ words: [[Int32]], labels: [Int], states: MatrixView, stateGradient: MatrixView,
    _ layout: JoinedLayout, _ workspace: Workspace
  ) -> Float {
    workspace.arena.temporary {
      let trees = words.map { DecoderTree(words: [$0], start: start) }
      let texts = (0..<layout.count).map(layout.joined)
      let rows = Rows(trees, treeOfText: labels, bias: bias, in: workspace.arena)
      let (outputs, kept) = forward(rows, states: states, texts: texts, keeping: true, workspace)
      let gradient = workspace.arena.matrix(rows.count, outputs.columns)
      let normalizers = vocabulary.logNormalizers(outputs, expectation: gradient, workspace)
      let width = Int64(outputs.columns)
      let weight = workspace.arena.floats(outputs.columns)
      // Of words that are equally long, the mean over all of the texts' tokens.
      let share = Float(words.count) / Float(words.joined().count * layout.count)
      var loss = 0.0
      for text in 0..<layout.count {
        for target in rows.tree(text).targets {
          let row = rows.starts[text] + target.row
          vocabulary.weight.copy(Int(target.token), to: weight)
          let logit = vocabulary.scale * kernels.dot(outputs.row(row), weight, width)
          loss += Double(share * (normalizers[row] - logit))
          // d/dstate (log Σ exp - logit) = E[scale · W] - scale · W[token]
          kernels.add_scaled(gradient.row(row), weight, -vocabulary.scale, width)
          for column in 0..<outputs.columns { gradient.row(row)[column] *= share }
        }
      }
      backward(
        gradient, rows, kept, states: states, stateGradient: stateGradient, texts: texts,
        workspace)
      return Float(loss)
    }
  }

  /// The normalized last hidden states of all rows, `[rows, d]`.
  private func forward(
    _ rows: Rows, states: MatrixView, texts: [Range<Int>], keeping: Bool,
    _ workspace: Workspace
  ) -> (outputs: MatrixView, kept: Kept) {
    let h = workspace.arena.matrix(rows.count, wordEmbeddings.columns)
    for text in texts.indices {
      for (index, token) in rows.tree(text).tokens.enumerated() {
        wordEmbeddings.copy(Int(token), to: h.row(rows.starts[text] + index))
      }
    }
    var kept = Kept()
    for block in blocks {
      let attention = block.attention.forward(
        h, starts: rows.starts, biases: rows.biases, keeping: keeping, workspace)
      let cross = block.cross.forward(
        h, starts: rows.starts, states: states, texts: texts, keeping: keeping, workspace)
      let feedForward = block.feedForward.forward(h, keeping: keeping, workspace)
      if let attention, let cross, let feedForward {
        kept.attention.append(attention)
        kept.cross.append(cross)
        kept.feedForward.append(feedForward)
      }
    }
    kept.norm =
      keeping ? Norm.Kept(rows: rows.count, columns: h.columns, in: workspace.arena) : nil
    workspace.forRowBlocks(rows.count) { block, _ in
      norm(h.rows(block), into: h.rows(block), keeping: kept.norm, rows: block)
    }
    return (h, kept)
  }

  /// Turns `gradient` with respect to the outputs into the one with respect to `states`.
  ///
  /// The decoder's own inputs are constant, so the first self-attention has no gradient to give.
  private func backward(
    _ gradient: MatrixView, _ rows: Rows, _ kept: Kept, states: MatrixView,
    stateGradient: MatrixView, texts: [Range<Int>], _ workspace: Workspace
  ) {
    guard let keptNorm = kept.norm else { return }
    workspace.forRowBlocks(rows.count) { block, _ in
      norm.backward(
        gradient.rows(block), kept: keptNorm, rows: block, into: gradient.rows(block))
    }
    for index in blocks.indices.reversed() {
      blocks[index].feedForward.backward(gradient, kept: kept.feedForward[index], workspace)
      blocks[index].cross.backward(
        gradient, kept: kept.cross[index], starts: rows.starts, states: states, texts: texts,
        stateGradient: stateGradient, workspace)
      if index > 0 {
        blocks[index].attention.backward(
          gradient, kept: kept.attention[index], starts: rows.starts, biases: rows.biases, workspace
        )
      }
    }
  }
}
