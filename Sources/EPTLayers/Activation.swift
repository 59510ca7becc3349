import CEPTKernels
import EPTCompute

/// The non-linearity of a feed-forward layer.
package enum Activation: Sendable {
  case relu
  /// `u·Φ(u)` with the normal distribution function (Hendrycks and Gimpel, 2016).
  case gelu
  /// GELU by its tanh approximation; `gelu_new` in T5's configurations.
  case geluTanh
  /// `u / (1 + exp(-u))`, also called swish.
  case silu

  var code: ept_activation {
    switch self {
    case .relu: EPT_ACTIVATION_RELU
    case .gelu: EPT_ACTIVATION_GELU
    case .geluTanh: EPT_ACTIVATION_GELU_TANH
    case .silu: EPT_ACTIVATION_SILU
    }
  }

  /// Whether int8 products apply it on the way to memory.
  var isFused: Bool { self == .relu || self == .gelu }

  /// Puts `a(x + bias)` in the place of `x`, a contiguous matrix.
  ///
  /// The derivative goes to `slope` unless that is nil.
  func forward(_ x: MatrixView, bias: UnsafePointer<Float>?, slope: MatrixView?) {
    precondition(x.isContiguous)
    if self == .relu, bias == nil, slope == nil {
      kernels.relu(x.base, Int64(x.count))
    } else {
      kernels.activate(code, x.base, bias, slope?.base, Int64(x.rows), Int64(x.columns))
    }
  }

  /// Puts `a(gate) ⊙ up` into `output`; all are contiguous and of one size.
  ///
  /// With `saving`, `gate` and `up` become the derivatives of the product by gate and up.
  func forwardGated(
    _ gate: MatrixView, _ up: MatrixView, into output: MatrixView, saving: Bool
  ) {
    precondition(gate.isContiguous && up.isContiguous && output.isContiguous)
    precondition(gate.count == output.count && up.count == output.count)
    kernels.gated(code, gate.base, up.base, output.base, saving, Int64(output.count))
  }
}

/// ReLU whose gradient needs one bit a number.
///
/// The numbers themselves would be most of what a step of T5 saves.
struct ReLUBits {
  /// In the order of the kernels, `[rows, wordsPerRow]`.
  private let alive: UnsafeMutablePointer<Int32>
  private let wordsPerRow: Int

  init(rows: Int, columns: Int, in arena: Arena) {
    wordsPerRow = (columns + 511) / 512 * 16
    alive = arena.words(rows * wordsPerRow)
  }

  private func row(_ row: Int) -> UnsafeMutablePointer<Int32> { alive + row * wordsPerRow }

  /// `max(x, 0)` in place, saved as the rows `rows`.
  func forward(_ x: MatrixView, rows: Range<Int>) {
    precondition(x.isContiguous && x.rows == rows.count)
    kernels.relu_keeping(x.base, row(rows.lowerBound), Int64(x.rows), Int64(x.columns))
  }

  /// Turns the gradient with respect to the result into the one with respect to the argument.
  func backward(_ gradient: MatrixView, rows: Range<Int>) {
    precondition(gradient.isContiguous && gradient.rows == rows.count)
    kernels.relu_backward(
      gradient.base, row(rows.lowerBound), Int64(gradient.rows), Int64(gradient.columns))
  }
}
