import EPTCompute
import Glibc

/// Pooling over each text's own tokens, then a linear classifier.
struct PooledHead {
  private let weight: MatrixView  // [classes, d]
  private let bias: [Float]  // [classes]
  private let pooling: Pooling

  init(_ head: LinearHead, in arena: Arena) {
    weight = arena.matrix(head.weight.rows, head.weight.columns)
    weight.copy(head.weight)
    bias = head.bias
    pooling = head.pooling
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

  /// One logit a class, `[texts, classes]`.
  func logits(_ pooled: MatrixView, in arena: Arena) -> MatrixView {
    let logits = arena.matrix(pooled.rows, weight.rows)
    Product.multiply(pooled, weight, transposeB: true, into: logits)
    kernels.add_bias(logits.base, bias, Int64(logits.rows), Int64(logits.columns))
    return logits
  }

  /// The mean over texts of their weight times the cross-entropy, and the head's gradient.
  ///
  /// Adds the gradient with respect to the states to `stateGradient`, `[rows, d]`.
  func loss(
    states: MatrixView, labels: [Int], weights: [Float], stateGradient: MatrixView,
    _ layout: TokenLayout, in arena: Arena
  ) -> (loss: Float, gradient: LinearHead) {
    let pooled = Self.pool(states, layout, of: 0..<layout.count, by: pooling, in: arena)
    let gradient = logits(pooled, in: arena)
    let classes = weight.rows
    var loss = 0.0
    // Cross-entropy's gradient takes the logits' place: weight · (softmax - one-hot) / texts.
    for (text, label) in labels.enumerated() {
      let row = gradient.row(text)
      let most = kernels.maximum(row, Int64(classes))
      let shifted = row[label] - most
      let total = kernels.exp_sum(row, most, Int64(classes))
      loss += Double(weights[text] * (log(total) - shifted))
      let divisor = total * Float(labels.count) / weights[text]
      for index in 0..<classes { row[index] /= divisor }
      row[label] -= weights[text] / Float(labels.count)
    }
    let weightGradient = arena.matrix(classes, weight.columns)
    Product.multiply(gradient, transposeA: true, pooled, into: weightGradient)
    let biasGradient = (0..<classes).map { index in
      (0..<labels.count).reduce(Float(0)) { $0 + gradient.row($1)[index] }
    }
    let pooledGradient = arena.matrix(pooled.rows, pooled.columns)
    Product.multiply(gradient, weight, into: pooledGradient)
    for text in 0..<layout.count {
      let rows = pooling.rows(layout.tokens(text))
      let share = 1 / Float(rows.count)
      for row in rows {
        kernels.add_scaled(
          stateGradient.row(row), pooledGradient.row(text), share, Int64(weight.columns))
      }
    }
    return (
      Float(loss / Double(max(1, labels.count))),
      LinearHead(weight: weightGradient.matrix(), bias: biasGradient, pooling: pooling)
    )
  }
}
