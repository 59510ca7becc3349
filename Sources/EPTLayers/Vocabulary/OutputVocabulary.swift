import EPTCompute
import Glibc

/// The output layer over the whole vocabulary and its softmax, fused.
///
/// Logits exist for one chunk of the vocabulary at a time, so memory does not grow with rows
/// times vocabulary.
package struct OutputVocabulary: Sendable {
  /// A multiple of a panel's rows.
  static let chunk = 512
  static let rowBlock = 64

  /// `W`, `[vocabulary, d]`.
  package let weight: Embedding
  /// The factor of the logits: `d^-0.5` where `weight` is the embedding, else 1.
  package let scale: Float
  /// The panels that logits are computed from in int8; nil to compute in binary32.
  let layer: Linear?

  /// `weight` in int8 where it lies in panels, unless `precision` forbids.
  package init(weight: Embedding, scale: Float, precision: Precision?) {
    self.weight = weight
    self.scale = scale
    layer = precision == .f32 ? nil : weight.panels.map { Linear($0) }
  }

  /// `log Σ exp(logit)` over the vocabulary for each row of `states`, `[rows, d]`.
  ///
  /// If there is an `expectation`, `[rows, d]`, it is set to the derivative of that by the
  /// state: the mean of `scale · W` under softmax.
  package func logSumExp(
    _ states: MatrixView, expectation: MatrixView?, _ workspace: Workspace
  ) -> [Float] {
    var results: [Float] = []
    for first in stride(from: 0, to: states.rows, by: Self.rowBlock) {
      let rows = first..<min(states.rows, first + Self.rowBlock)
      workspace.arena.temporary {
        results += block(states.rows(rows), expectation: expectation?.rows(rows), workspace)
      }
    }
    return results
  }

  private func block(
    _ states: MatrixView, expectation: MatrixView?, _ workspace: Workspace
  ) -> [Float] {
    let arena = workspace.arena
    let (rows, width) = (states.rows, states.columns)
    let chunks = (weight.rows + Self.chunk - 1) / Self.chunk
    let maxima = arena.matrix(chunks, rows)
    let sums = arena.matrix(chunks, rows)
    let partial = arena.matrix(expectation == nil ? 0 : chunks * rows, width)
    let input = layer?.input(states, in: arena)
    workspace.forEach(chunks) { chunk, scratch in
      let tokens = chunk * Self.chunk..<min(weight.rows, (chunk + 1) * Self.chunk)
      let logits = logits(states, input, tokens, in: scratch, workspace)
      for row in 0..<rows {
        let most = kernels.maximum(logits.row(row), Int64(tokens.count))
        maxima.row(chunk)[row] = most
        sums.row(chunk)[row] = kernels.exp_sum(logits.row(row), most, Int64(tokens.count))
      }
      if expectation != nil {
        // [rows, tokens] · [tokens, d]
        Product.multiply(
          logits, weight.rows(tokens, in: scratch), scale: scale,
          into: partial.rows(chunk * rows..<(chunk + 1) * rows))
      }
    }
    return (0..<rows).map { row in
      let most = (0..<chunks).map { maxima.row($0)[row] }.max() ?? 0
      let factors = (0..<chunks).map { exp(maxima.row($0)[row] - most) }
      let total = (0..<chunks).reduce(Float(0)) { $0 + factors[$1] * sums.row($1)[row] }
      if let expectation {
        expectation.row(row).update(repeating: 0, count: width)
        for chunk in 0..<chunks {
          kernels.add_scaled(
            expectation.row(row), partial.row(chunk * rows + row), factors[chunk] / total,
            Int64(width))
        }
      }
      return most + log(total)
    }
  }

  /// `scale · states·W[tokens]ᵀ`, `[rows, tokens]`.
  func logits(
    _ states: MatrixView, _ input: LinearInput?, _ tokens: Range<Int>, in scratch: Arena,
    _ workspace: Workspace
  ) -> MatrixView {
    let logits = scratch.matrix(states.rows, tokens.count)
    if let layer, let input {
      layer.multiply(input, outputs: tokens, into: logits, workspace)
      for index in 0..<logits.count { logits.base[index] *= scale }
    } else {
      scratch.temporary {
        // [rows, d] · [tokens, d]ᵀ
        Product.multiply(
          states, weight.rows(tokens, in: scratch), transposeB: true, scale: scale, into: logits)
      }
    }
    return logits
  }
}
