import EPTCompute

/// A linear head on what it reads of each row's states.
struct PooledHead {
  private let head: LinearHead
  private let weight: MatrixView  // [outputs, features]

  init(_ head: LinearHead, in arena: Arena) {
    self.head = head
    weight = arena.matrix(head.weight.rows, head.weight.columns)
    weight.copy(head.weight)
  }

  /// One vector of the last hidden states of each of `texts`, prompt rows left out.
  /// `[texts.count, d]`
  static func pool(
    _ states: MatrixView, _ layout: TokenLayout, of texts: some Collection<Int>,
    by pooling: Pooling = .mean, in arena: Arena
  ) -> MatrixView {
    let pooled = arena.zeros(texts.count, states.columns)
    for (index, text) in texts.enumerated() {
      let rows = pooling.rows(layout.tokens(text))
      let share = 1 / Float(rows.count)
      for row in rows {
        kernels.add_scaled(pooled.row(index), states.row(row), share, Int64(states.columns))
      }
    }
    return pooled
  }

  /// What the head reads of some rows, whose texts have the `sequences` of `layout`, `[rows][texts]`, and
  /// whose words start at `words` of their texts, `[rows][words]`.
  func features(
    _ states: MatrixView, _ layout: TokenLayout, sequences: [[Int]], words: [[Int]],
    in arena: Arena
  ) -> FeatureRows {
    FeatureRows(
      head.features, head.pooling, states, layout, sequences: sequences, words: words, in: arena)
  }

  /// The outputs for `[rows, features]`: one logit a class, say. `[rows, outputs]`
  func logits(_ features: MatrixView, in arena: Arena) -> MatrixView {
    let logits = arena.matrix(features.rows, weight.rows)
    guard features.rows > 0 else { return logits }
    Product.multiply(features, weight, transposeB: true, into: logits)
    kernels.add_bias(logits.base, head.bias, Int64(logits.rows), Int64(logits.columns))
    return logits
  }

  /// The mean over rows of their weight times their loss, and the head's gradient.
  ///
  /// The loss of a row of words is the mean over its words, which start at `words` of their texts.
  /// Adds the gradient with respect to the states to `stateGradient`, `[rows, d]`.
  func loss(
    states: MatrixView, targets: [Target], weights: [Float], words: [[Int]] = [],
    stateGradient: MatrixView, _ layout: TokenLayout, in arena: Arena
  ) -> (loss: Float, gradient: LinearHead) {
    let features = features(
      states, layout, sequences: layout.textsOfRows, words: words, in: arena)
    // Not a word of any row: nothing to learn from.
    guard features.values.rows > 0 else { return (0, head.zeros) }
    // The loss's gradient takes the outputs' place.
    let gradient = logits(features.values, in: arena)
    let lossFunction = head.kind.lossFunction
    let outputs = weight.rows
    var loss = 0.0
    var output = 0
    for (row, target) in targets.enumerated() {
      let parts = target.parts(words: words.isEmpty ? 0 : words[row].count)
      for part in parts {
        let partLoss = lossFunction.loss(
          gradient.row(output), outputs, part,
          over: Float(targets.count) / weights[row] * Float(parts.count))
        loss += Double(weights[row]) * partLoss / Double(parts.count)
        output += 1
      }
    }
    let weightGradient = arena.matrix(outputs, weight.columns)
    Product.multiply(gradient, transposeA: true, features.values, into: weightGradient)
    let biasGradient = (0..<outputs).map { index in
      (0..<gradient.rows).reduce(Float(0)) { $0 + gradient.row($1)[index] }
    }
    let featureGradient = arena.matrix(gradient.rows, weight.columns)
    Product.multiply(gradient, weight, into: featureGradient)
    features.addGradient(featureGradient, to: stateGradient, in: arena)
    var headGradient = head
    headGradient.weight = weightGradient.matrix()
    headGradient.bias = biasGradient
    return (Float(loss / Double(max(1, targets.count))), headGradient)
  }
}

extension LinearHead {
  /// A head of the same sizes without weights.
  var zeros: LinearHead {
    var zeros = self
    zeros.weight = Matrix(rows: weight.rows, columns: weight.columns)
    zeros.bias = [Float](repeating: 0, count: bias.count)
    return zeros
  }
}
