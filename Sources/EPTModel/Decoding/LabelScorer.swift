import EPTCompute
import EPTLayers

extension TreeDecoder {
  /// The rows that tell `words` apart.
  func tree(_ words: [[Int32]]) -> LabelTree {
    LabelTree(distinguishing: words, start: start, ends: ends)
  }

  /// The rows of each text's own word of `words`, whose place is its label.
  func ownWords(_ words: [[Int32]], labels: [Int]) -> TreeRows {
    TreeRows(words.map { LabelTree(words: [$0], start: start) }, treeOfText: labels)
  }

  /// For each text one number a word of its tree: the log-likelihood of the word's tokens, up to a
  /// constant that all words of the text share.
  ///
  /// The softmax runs over the whole vocabulary, where it does not cancel out.
  func labelScores(
    _ rows: TreeRows, _ memory: EncoderMemory, edits: StackEdits?, _ workspace: Workspace
  ) -> [[Float]] {
    workspace.arena.temporary {
      let (outputs, _) = forward(rows, memory, edits: edits, saving: false, workspace)
      let logSumExp = logSumExp(outputs, rows, workspace)
      let weight = workspace.arena.floats(outputs.columns)
      return rows.treeOfText.indices.map { text in
        let tree = rows.tree(text)
        var scores = [Float](repeating: 0, count: tree.wordCount)
        for target in tree.targets {
          let row = rows.starts[text] + target.row
          vocabulary.weight.copy(Int(target.token), to: weight)
          let logit =
            vocabulary.scale * kernels.dot(outputs.row(row), weight, Int64(outputs.columns))
          scores[target.word] += logit - logSumExp[row]
        }
        return scores
      }
    }
  }

  /// `log Σ exp(logit)` of each row of `outputs`, `[rows, d]`; 0 where it tells no words apart.
  private func logSumExp(
    _ outputs: MatrixView, _ rows: TreeRows, _ workspace: Workspace
  ) -> [Float] {
    let normalized = rows.trees.map { $0.normalizedRows }
    let needed = zip(rows.treeOfText, rows.starts).flatMap { tree, start in
      normalized[tree].map { start + $0 }
    }
    var results = [Float](repeating: 0, count: outputs.rows)
    guard !needed.isEmpty else { return results }
    workspace.arena.temporary {
      let gathered = workspace.arena.matrix(needed.count, outputs.columns)
      for (index, row) in needed.enumerated() {
        gathered.row(index).update(from: outputs.row(row), count: outputs.columns)
      }
      let values = vocabulary.logSumExp(gathered, expectation: nil, workspace)
      for (row, value) in zip(needed, values) { results[row] = value }
    }
    return results
  }

  /// The mean over texts of their weight times the negative log-likelihood of each text's own word,
  /// divided by the mean number of tokens of all `words`.
  ///
  /// There is one divisor for all words. With a mean over each word's own tokens, a short word's
  /// first token would weigh more than a long one's. Every prediction would then favour the shorter
  /// word. `rows` are each text's own word's, made by `ownWords`. Adds the gradient with respect to
  /// the encoder's states to `memoryGradient`, `[rows, d]`, and those with respect to projections
  /// to `editGradients`.
  func loss(
    _ words: [[Int32]], _ rows: TreeRows, weights: [Float], _ memory: EncoderMemory,
    memoryGradient: MatrixView, edits: StackEdits?, editGradients: [GatedProjection.Gradient?],
    _ workspace: Workspace
  ) -> Float {
    workspace.arena.temporary {
      let labels = rows.treeOfText
      let (outputs, saved) = forward(rows, memory, edits: edits, saving: true, workspace)
      let gradient = workspace.arena.matrix(rows.count, outputs.columns)
      let logSumExp = vocabulary.logSumExp(outputs, expectation: gradient, workspace)
      let width = Int64(outputs.columns)
      let weight = workspace.arena.floats(outputs.columns)
      // Of words that are equally long, the mean over all of the texts' tokens.
      let mean = Float(words.count) / Float(words.joined().count * labels.count)
      var loss = 0.0
      for text in labels.indices {
        let share = weights[text] * mean
        for target in rows.tree(text).targets {
          let row = rows.starts[text] + target.row
          vocabulary.weight.copy(Int(target.token), to: weight)
          let logit = vocabulary.scale * kernels.dot(outputs.row(row), weight, width)
          loss += Double(share * (logSumExp[row] - logit))
          // d/dstate (log Σ exp - logit) = E[scale · W] - scale · W[token]
          kernels.add_scaled(gradient.row(row), weight, -vocabulary.scale, width)
          for column in 0..<outputs.columns { gradient.row(row)[column] *= share }
        }
      }
      backward(
        gradient, rows, memory, saved: saved, memoryGradient: memoryGradient,
        editGradients: editGradients, workspace)
      return Float(loss)
    }
  }
}
