import EPTFormat

/// LayerNorm, or T5's RMSNorm, which neither centers nor shifts.
struct Norm: Sendable {
  /// What the backward pass needs of a forward pass.
  struct Kept {
    /// The normalized rows before scale and shift. `[rows, d]`
    let normalized: MatrixView
    /// `1/√(variance + ε)` of each row. `[rows]`
    let inverseDeviation: UnsafeMutablePointer<Float>

    init(rows: Int, columns: Int, in arena: Arena) {
      normalized = arena.matrix(rows, columns)
      inverseDeviation = arena.floats(rows)
    }
  }

  /// `γ`, `[d]`.
  let scale: WeightVector
  /// `β`, `[d]`; none for RMSNorm.
  let shift: WeightVector?
  let epsilon: Float

  /// A LayerNorm from `name.weight` and `name.bias`.
  ///
  /// - Throws: `FormatError`.
  static func layer(
    _ weights: any WeightSource, _ name: String, width: Int, epsilon: Float
  ) throws -> Norm {
    Norm(
      scale: try weights.vector(name + ".weight", width),
      shift: try weights.vector(name + ".bias", width), epsilon: epsilon)
  }

  /// An RMSNorm from `name.weight`.
  ///
  /// - Throws: `FormatError`.
  static func rootMeanSquare(
    _ weights: any WeightSource, _ name: String, width: Int, epsilon: Float
  ) throws -> Norm {
    Norm(scale: try weights.vector(name + ".weight", width), shift: nil, epsilon: epsilon)
  }

  /// Normalizes `x + bias + residual` into `y`, which may be `x` or `residual`.
  ///
  /// `rows` says which rows of `kept` these are. All matrices are contiguous, `[rows, d]`.
  func callAsFunction(
    _ x: MatrixView, bias: WeightVector? = nil, residual: MatrixView? = nil, into y: MatrixView,
    keeping kept: Kept?, rows: Range<Int>
  ) {
    precondition(x.isContiguous && y.isContiguous && y.rows == x.rows && y.columns == x.columns)
    kernels.norm(
      x.base, bias?.numbers, residual?.base, scale.numbers, shift?.numbers, epsilon, shift != nil,
      Int64(x.rows), Int64(x.columns), y.base, kept?.normalized.rows(rows).base,
      kept.map { $0.inverseDeviation + rows.lowerBound })
  }

  /// Some rows of `x`, `[rows, d]`, normalized and made ready for `layer`.
  func input(
    _ x: MatrixView, rows: Range<Int>, of layer: Linear, keeping kept: Kept?, in arena: Arena
  ) -> LinearInput {
    // The first part is the longest.
    var room: MatrixView?
    return layer.input(rows: rows.count, in: arena) { part in
      let normed = (room ?? arena.matrix(part.count, x.columns)).rows(0..<part.count)
      room = room ?? normed
      let part = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
      self(x.rows(part), into: normed, keeping: kept, rows: part)
      return normed
    }
  }

  /// The gradient with respect to `x + bias + residual`, put into or added to `inputGradient`.
  ///
  /// `inputGradient` may be `outputGradient` itself. All matrices are contiguous, `[rows, d]`.
  func backward(
    _ outputGradient: MatrixView, kept: Kept, rows: Range<Int>, adding: Bool = false,
    into inputGradient: MatrixView
  ) {
    precondition(outputGradient.isContiguous && inputGradient.isContiguous)
    precondition(
      inputGradient.rows == outputGradient.rows && outputGradient.rows == rows.count)
    kernels.norm_backward(
      outputGradient.base, kept.normalized.rows(rows).base,
      kept.inverseDeviation + rows.lowerBound, scale.numbers, shift != nil, adding,
      Int64(rows.count), Int64(outputGradient.columns), inputGradient.base)
  }
}
