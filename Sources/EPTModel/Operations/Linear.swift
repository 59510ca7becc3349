import CEPTKernels
import EPTFormat

/// Rows that frozen matrices are multiplied with, quantised once for all products with them.
struct LinearInput {
  fileprivate enum Form {
    /// The rows as they are. `[rows, columns]`
    case numbers(MatrixView)
    /// The rows as codes, for products in whole numbers.
    case codes(ept_int8_rows)
  }

  let rows: Int
  let columns: Int
  fileprivate let form: Form

  /// Rows as codes, in memory of `arena`, that are not there yet.
  private static func room(_ rows: Int, _ columns: Int, in arena: Arena) -> ept_int8_rows {
    let bytes = Int(int8Kernels.row_bytes(Int64(columns)))
    return ept_int8_rows(
      codes: arena.words(rows * bytes / 4), scales: arena.floats(rows),
      offsets: arena.words(rows))
  }

  /// Quantises `rows`, times `factors` of their columns, in memory of `arena`.
  fileprivate init(quantizing rows: MatrixView, factors: UnsafePointer<Float>?, in arena: Arena) {
    (self.rows, columns) = (rows.rows, rows.columns)
    let codes = Self.room(rows.rows, rows.columns, in: arena)
    int8Kernels.quantize(
      rows.base, Int64(rows.stride), factors, Int64(rows.rows), Int64(rows.columns), codes)
    form = .codes(codes)
  }

  /// Quantises rows as they are made: `body` makes a few, `[range.count, columns]`.
  fileprivate init(
    quantizing rows: Int, _ columns: Int, in arena: Arena, _ body: (Range<Int>) -> MatrixView
  ) {
    (self.rows, self.columns) = (rows, columns)
    let codes = Self.room(rows, columns, in: arena)
    let bytes = Int(int8Kernels.row_bytes(Int64(columns)))
    for first in stride(from: 0, to: rows, by: 8) {
      let part = first..<min(rows, first + 8)
      let made = body(part)
      precondition(made.rows == part.count && made.columns == columns)
      int8Kernels.quantize(
        made.base, Int64(made.stride), nil, Int64(made.rows), Int64(columns),
        ept_int8_rows(
          codes: codes.codes + first * bytes, scales: codes.scales + first,
          offsets: codes.offsets + first))
    }
    form = .codes(codes)
  }

  fileprivate init(_ rows: MatrixView) {
    (self.rows, columns) = (rows.rows, rows.columns)
    form = .numbers(rows)
  }
}

/// A frozen linear layer, `y = x·Wᵀ (+ b)`, in binary32 or in whole numbers.
///
/// In whole numbers `x[i] ≈ s·c[i]` with `s = max |x| / 127` a row, and `W[j] = t[j]·q[j]` as
/// stored: `y[j] = s·t[j]·Σ c·q[j]`. Backwards the scales `t` move into the gradient before it is
/// quantised, so the same `q` serve: `dx = (dy ⊙ t)·q`.
struct Linear: Sendable {
  private enum Weight: Sendable {
    case floats(WeightMatrix)
    case panels(PanelMatrix)
  }

  /// What follows the sums on their way to memory.
  enum Activation {
    case none
    /// `max(y, 0)`.
    case relu
    /// GELU with the normal distribution function.
    case gelu
  }

  /// `W`, `[outputs, inputs]`.
  private let weight: Weight
  let outputs: Int
  let inputs: Int
  /// `b`, `[outputs]`.
  let bias: WeightVector?

  /// Reads `name.weight` and, with `hasBias`, `name.bias`.
  ///
  /// Without a `precision`, weights that are quantised in the file are multiplied in whole numbers.
  ///
  /// - Throws: `FormatError`.
  init(
    _ weights: any WeightSource, _ name: String, outputs: Int, inputs: Int, hasBias: Bool,
    _ precision: Precision?
  ) throws {
    let tensor = try weights.tensor(name + ".weight", shape: [outputs, inputs])
    let precision = precision ?? (tensor.panels == nil ? .f32 : .int8)
    if precision == .int8, max(inputs, outputs) <= PanelMatrix.longestRow {
      weight = .panels(try PanelMatrix(tensor))
    } else {
      weight = .floats(
        WeightMatrix(storage: try WeightStorage(tensor), rows: outputs, columns: inputs))
    }
    self.outputs = outputs
    self.inputs = inputs
    bias = hasBias ? try weights.vector(name + ".bias", outputs) : nil
  }

  /// The product with `matrix` in binary32.
  init(_ matrix: WeightMatrix, bias: WeightVector?) {
    weight = .floats(matrix)
    outputs = matrix.rows
    inputs = matrix.columns
    self.bias = bias
  }

  /// The product with `panels`, without a bias.
  init(_ panels: PanelMatrix) {
    weight = .panels(panels)
    outputs = panels.rows
    inputs = panels.columns
    bias = nil
  }

  /// Whether products are computed in whole numbers.
  var isQuantized: Bool {
    if case .panels = weight { true } else { false }
  }

  /// Makes `x`, `[rows, inputs]`, ready for this layer and others of its kind.
  func input(_ x: MatrixView, in arena: Arena) -> LinearInput {
    switch weight {
    case .floats: LinearInput(x)
    case .panels: LinearInput(quantizing: x, factors: nil, in: arena)
    }
  }

  /// The same for rows that are made on the way, few at a time where that lets them be quantised
  /// from the first-level cache: `body` makes those of a range, `[range.count, inputs]`, never more
  /// than at first.
  func input(rows: Int, in arena: Arena, _ body: (Range<Int>) -> MatrixView) -> LinearInput {
    switch weight {
    case .floats: LinearInput(body(0..<rows))
    case .panels: LinearInput(quantizing: rows, inputs, in: arena, body)
    }
  }

  /// Puts `activation(x·Wᵀ + b)` into `y`, or adds it with `adding`; without `b` if `hasBias` is
  /// false. `[rows, outputs]`
  ///
  /// `outputs` are some of the layer's, nil for all; they start at a multiple of 16.
  func multiply(
    _ x: LinearInput, outputs range: Range<Int>? = nil, hasBias: Bool = false,
    activation: Activation = .none, adding: Bool = false, into y: MatrixView,
    _ workspace: Workspace
  ) {
    let range = range ?? 0..<outputs
    let bias = hasBias ? self.bias.map { $0.numbers + range.lowerBound } : nil
    precondition(y.rows == x.rows && y.columns == range.count && x.columns == inputs)
    switch (weight, x.form) {
    case (.floats(let matrix), .numbers(let numbers)):
      // [rows, inputs] · [outputs, inputs]ᵀ
      workspace.split(columns: range.count, cost: x.rows * inputs) { part in
        let columns = range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        Product.multiply(
          numbers, matrix.view.rows(columns), transposeB: true, adding: adding,
          into: y.columns(part))
      }
      finish(y, bias: bias, activation)
    case (.panels(let matrix), .codes(let codes)):
      multiply(
        codes, rows: x.rows, matrix.part(rows: range, columns: 0..<inputs), bias: bias,
        activation: activation, adding: adding, into: y, workspace)
    default: preconditionFailure("rows made ready for another layer")
    }
  }

  /// Puts the gradient with respect to the input, `dx = dy·W`, into `inputGradient`, or adds it.
  ///
  /// `dy`, `[rows, outputs.count]`, may be the gradient of some `outputs` only, from a multiple of
  /// 4 on.
  func backward(
    _ outputGradient: MatrixView, outputs range: Range<Int>? = nil, adding: Bool = false,
    into inputGradient: MatrixView, in scratch: Arena, _ workspace: Workspace
  ) {
    let range = range ?? 0..<outputs
    precondition(outputGradient.columns == range.count && inputGradient.columns == inputs)
    precondition(outputGradient.rows == inputGradient.rows)
    switch weight {
    case .floats(let matrix):
      // [rows, outputs] · [outputs, inputs]
      Product.multiply(
        outputGradient, matrix.view.rows(range), adding: adding, into: inputGradient)
    case .panels(let matrix):
      scratch.temporary {
        let input = LinearInput(
          quantizing: outputGradient, factors: matrix.scales.map { $0 + range.lowerBound },
          in: scratch)
        guard case .codes(let codes) = input.form else { return }
        multiply(
          codes, rows: input.rows, matrix.transposed.part(rows: 0..<inputs, columns: range),
          bias: nil, activation: .none, adding: adding, into: inputGradient, workspace)
      }
    }
  }

  private func multiply(
    _ codes: ept_int8_rows, rows: Int, _ weights: ept_int8_weights, bias: UnsafePointer<Float>?,
    activation: Activation, adding: Bool, into y: MatrixView, _ workspace: Workspace
  ) {
    let panels = (Int(weights.outputs) + 15) / 16
    workspace.split(columns: panels, cost: 16 * rows * Int(weights.inputs) / 4) { part in
      var product = ept_int8_product(
        weights: weights, x: codes, rows: Int64(rows), first_panel: Int64(part.lowerBound),
        last_panel: Int64(part.upperBound), bias: bias, activation: activation.code,
        adding: adding, y: y.base, ldy: Int64(y.stride))
      int8Kernels.product(&product)
    }
  }

  /// Bias and activation after a product in binary32.
  private func finish(_ y: MatrixView, bias: UnsafePointer<Float>?, _ activation: Activation) {
    let (rows, columns) = (Int64(y.rows), Int64(y.columns))
    if activation == .gelu, let bias {
      precondition(y.isContiguous)
      kernels.gelu(y.base, bias, nil, rows, columns)
      return
    }
    if let bias {
      precondition(y.isContiguous)
      kernels.add_bias(y.base, bias, rows, columns)
    }
    if activation == .relu { Rectifier.forward(y) }
  }
}

extension Linear.Activation {
  fileprivate var code: ept_activation {
    switch self {
    case .none: EPT_ACTIVATION_NONE
    case .relu: EPT_ACTIVATION_RELU
    case .gelu: EPT_ACTIVATION_GELU
    }
  }
}
