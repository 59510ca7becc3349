import EPTFormat

/// A frozen linear layer, `y = x·Wᵀ (+ b)`.
///
/// The bias is left to the operation that follows, which reads the product anyway.
struct Linear: Sendable {
  /// `W`, `[outputs, inputs]`.
  let weight: WeightMatrix
  /// `b`, `[outputs]`.
  let bias: WeightVector?

  init(weight: WeightMatrix, bias: WeightVector? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// Reads `name.weight` and, with `hasBias`, `name.bias`.
  ///
  /// - Throws: `FormatError`.
  init(
    _ weights: any WeightSource, _ name: String, outputs: Int, inputs: Int, hasBias: Bool
  ) throws {
    weight = try weights.matrix(name + ".weight", outputs, inputs)
    bias = hasBias ? try weights.vector(name + ".bias", outputs) : nil
  }

  /// Puts `x·Wᵀ`, without bias, into `y`, or adds it with `adding`.
  func multiply(_ x: MatrixView, adding: Bool = false, into y: MatrixView) {
    // [rows, inputs] · [outputs, inputs]ᵀ
    Product.large(x, weight.view, transposeB: true, adding: adding, into: y)
  }

  /// Puts `x·Wᵀ + b` into the contiguous `y`.
  func callAsFunction(_ x: MatrixView, into y: MatrixView) {
    multiply(x, into: y)
    guard let bias else { return }
    precondition(y.isContiguous)
    kernels.add_bias(y.base, bias.numbers, Int64(y.rows), Int64(y.columns))
  }

  /// Puts the gradient with respect to the input, `dx = dy·W`, into `inputGradient`, or adds it.
  func backward(
    _ outputGradient: MatrixView, adding: Bool = false, into inputGradient: MatrixView
  ) {
    // [rows, outputs] · [outputs, inputs]
    Product.large(outputGradient, weight.view, adding: adding, into: inputGradient)
  }
}
