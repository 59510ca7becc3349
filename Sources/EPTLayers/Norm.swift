import CEPTKernels
import EPTCompute
import EPTFormat

/// LayerNorm (Ba et al., 2016), or RMSNorm (Zhang and Sennrich, 2019), which does not centre.
package struct Norm: Sendable {
  /// What the backward pass needs of a forward pass.
  package struct Saved {
    /// The normalized rows before scale and shift. `[rows, d]`
    let normalized: MatrixView
    /// `1/√(variance + ε)` of each row. `[rows]`
    let inverseDeviation: UnsafeMutablePointer<Float>

    package init(rows: Int, columns: Int, in arena: Arena) {
      normalized = arena.matrix(rows, columns)
      inverseDeviation = arena.floats(rows)
    }
  }

  /// `γ`, `[d]`.
  let scale: WeightVector
  /// `β`, `[d]`; nil for none.
  let shift: WeightVector?
  let epsilon: Float
  /// Whether the mean is taken off, as LayerNorm does.
  let isCentered: Bool

  package init(scale: WeightVector, shift: WeightVector?, epsilon: Float, isCentered: Bool) {
    self.scale = scale
    self.shift = shift
    self.epsilon = epsilon
    self.isCentered = isCentered
  }

  /// Normalizes `x + bias + residual` into `y`, which may be `x` or `residual`.
  ///
  /// `rows` says which rows of `saved` these are. All matrices are contiguous, `[rows, d]`.
  package func callAsFunction(
    _ x: MatrixView, bias: WeightVector? = nil, residual: MatrixView? = nil, into y: MatrixView,
    saving saved: Saved?, rows: Range<Int>
  ) {
    precondition(x.isContiguous && y.isContiguous && y.rows == x.rows && y.columns == x.columns)
    kernels.norm(
      x.base, bias?.numbers, residual?.base, scale.numbers, shift?.numbers, epsilon, isCentered,
      Int64(x.rows), Int64(x.columns), y.base, saved?.normalized.rows(rows).base,
      saved.map { $0.inverseDeviation + rows.lowerBound })
  }

  /// Some rows of `x`, `[rows, d]`, normalized and made ready for `layer`.
  func input(
    _ x: MatrixView, rows: Range<Int>, of layer: Linear, saving saved: Saved?, in arena: Arena
  ) -> LinearInput {
    // The first part is the longest.
    var room: MatrixView?
    return layer.input(rows: rows.count, in: arena) { part in
      let normed = (room ?? arena.matrix(part.count, x.columns)).rows(0..<part.count)
      room = room ?? normed
      let part = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
      self(x.rows(part), into: normed, saving: saved, rows: part)
      return normed
    }
  }

  /// The gradient with respect to `x + bias + residual`, put into or added to `inputGradient`.
  ///
  /// `inputGradient` may be `outputGradient` itself. All matrices are contiguous, `[rows, d]`.
  package func backward(
    _ outputGradient: MatrixView, saved: Saved, rows: Range<Int>, adding: Bool = false,
    into inputGradient: MatrixView
  ) {
    precondition(outputGradient.isContiguous && inputGradient.isContiguous)
    precondition(
      inputGradient.rows == outputGradient.rows && outputGradient.rows == rows.count)
    kernels.norm_backward(
      outputGradient.base, saved.normalized.rows(rows).base,
      saved.inverseDeviation + rows.lowerBound, scale.numbers, isCentered, adding,
      Int64(rows.count), Int64(outputGradient.columns), inputGradient.base)
  }

  /// Normalizes all rows of `x` in place, on all threads.
  package func inPlace(_ x: MatrixView, saving saved: Saved?, _ workspace: Workspace) {
    workspace.forRowBlocks(x.rows) { rows, _ in
      self(x.rows(rows), into: x.rows(rows), saving: saved, rows: rows)
    }
  }

  /// Turns the gradient with respect to all results into the one with respect to `x`, in place.
  package func backwardInPlace(_ gradient: MatrixView, saved: Saved, _ workspace: Workspace) {
    workspace.forRowBlocks(gradient.rows) { rows, _ in
      backward(gradient.rows(rows), saved: saved, rows: rows, into: gradient.rows(rows))
    }
  }
}
