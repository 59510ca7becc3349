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

  /// What the head reads of some rows, whose texts have the `sequences` of `layout`. `[rows][texts]`
  func features(
    _ states: MatrixView, _ layout: TokenLayout, sequences: [[Int]], in arena: Arena
  ) -> FeatureRows {
    FeatureRows(head.features, head.pooling, states, layout, sequences: sequences, in: arena)
  }

  /// The outputs for `[rows, features]`: one logit a class, say. `[rows, outputs]`
  func logits(_ features: MatrixView, in arena: Arena) -> MatrixView {
    let logits = arena.matrix(features.rows, weight.rows)
    Product.multiply(features, weight, transposeB: true, into: logits)
    kernels.add_bias(logits.base, head.bias, Int64(logits.rows), Int64(logits.columns))
    return logits
  }

  /// The mean over rows of their weight times their loss, and the head's gradient.
  ///
  /// Adds the gradient with respect to the states to `stateGradient`, `[rows, d]`.
  func loss(
    states: MatrixView, targets: [Target], weights: [Float], stateGradient: MatrixView,
    _ layout: TokenLayout, in arena: Arena
  ) -> (loss: Float, gradient: LinearHead) {
    let features = features(states, layout, sequences: layout.textsOfRows, in: arena)
    // The loss's gradient takes the outputs' place.
    let gradient = logits(features.values, in: arena)
    let lossFunction = head.kind.lossFunction
    let outputs = weight.rows
    var loss = 0.0
    for (row, target) in targets.enumerated() {
      let rowLoss = lossFunction.loss(
        gradient.row(row), outputs, target, over: Float(targets.count) / weights[row])
      loss += Double(weights[row]) * rowLoss
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
