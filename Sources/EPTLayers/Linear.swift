import CEPTKernels
import EPTCompute
import EPTFormat

/// A frozen linear layer, `y = x·Wᵀ (+ b)`, in binary32 or int8.
///
/// In int8 `x[i] ≈ s·c[i]` with `s = max |x| / 127` a row, and `W[j] = t[j]·q[j]` as
/// stored: `y[j] = s·t[j]·Σ c·q[j]`. Backwards the scales `t` move into the gradient before it is
/// quantised, so the same `q` serve: `dx = (dy ⊙ t)·q`.
package struct Linear: Sendable {
  private enum Weight: Sendable {
    case floats(WeightMatrix)
    case panels(PanelMatrix)
  }

  /// The matrix that `W` is, or whose consecutive rows it is.
  private let weight: Weight
  /// The row of `weight` that `W` starts with.
  private let firstRow: Int
  package let outputs: Int
  package let inputs: Int
  /// `b`, `[outputs]`.
  let bias: WeightVector?

  /// Reads `weight` and, if there is one, `bias`.
  ///
  /// Without a `precision`, weights that are quantised in the file are multiplied in int8.
  ///
  /// - Throws: `FormatError`.
  package init(_ tensor: StoredTensor, bias: WeightVector?, _ precision: Precision?) throws {
    (outputs, inputs) = (tensor.shape[0], tensor.shape[1])
    let precision = precision ?? (tensor.panels == nil ? .f32 : .int8)
    if precision == .int8, max(inputs, outputs) <= PanelMatrix.longestRow {
      weight = .panels(try PanelMatrix(tensor))
    } else {
      weight = .floats(
        WeightMatrix(storage: try WeightStorage(tensor), rows: outputs, columns: inputs))
    }
    firstRow = 0
    self.bias = bias
  }

  /// The product with `matrix` in binary32.
  package init(_ matrix: WeightMatrix, bias: WeightVector?) {
    weight = .floats(matrix)
    firstRow = 0
    outputs = matrix.rows
    inputs = matrix.columns
    self.bias = bias
  }

  /// The product with `panels`, without a bias.
  init(_ panels: PanelMatrix) {
    weight = .panels(panels)
    firstRow = 0
    outputs = panels.rows
    inputs = panels.columns
    bias = nil
  }

  /// Some outputs of `layer`: a fused matrix is several layers.
  private init(_ layer: Linear, outputs range: Range<Int>) {
    precondition(range.upperBound <= layer.outputs)
    weight = layer.weight
    firstRow = layer.firstRow + range.lowerBound
    outputs = range.count
    inputs = layer.inputs
    bias = layer.bias?.dropFirst(range.lowerBound)
  }

  /// The outputs in `count` equal parts, as layers; in int8 each part has a multiple of 16.
  package func parts(_ count: Int) -> [Linear] {
    let size = outputs / count
    return (0..<count).map { Linear(self, outputs: $0 * size..<($0 + 1) * size) }
  }

  /// Whether products are computed in int8.
  package var isQuantized: Bool {
    if case .panels = weight { true } else { false }
  }

  /// Makes `x`, `[rows, inputs]`, ready for this layer and others of its kind.
  package func input(_ x: MatrixView, in arena: Arena) -> LinearInput {
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
  package func multiply(
    _ x: LinearInput, outputs range: Range<Int>? = nil, hasBias: Bool = true,
    activation: Activation? = nil, adding: Bool = false, into y: MatrixView,
    _ workspace: Workspace
  ) {
    let range = range ?? 0..<outputs
    let rows = firstRow + range.lowerBound..<firstRow + range.upperBound
    let bias = hasBias ? self.bias.map { $0.numbers + range.lowerBound } : nil
    precondition(y.rows == x.rows && y.columns == range.count && x.columns == inputs)
    switch (weight, x.form) {
    case (.floats(let matrix), .numbers(let numbers)):
      // [rows, inputs] · [outputs, inputs]ᵀ
      workspace.split(columns: range.count, cost: x.rows * inputs) { part in
        let columns = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
        Product.multiply(
          numbers, matrix.view.rows(columns), transposeB: true, adding: adding,
          into: y.columns(part))
      }
      finish(y, bias: bias, activation)
    case (.panels(let matrix), .codes(let codes)):
      let isFused = activation?.isFused ?? true
      multiply(
        codes, rows: x.rows, matrix.part(rows: rows, columns: 0..<inputs), bias: bias,
        activation: isFused ? activation : nil, adding: adding, into: y, workspace)
      if !isFused { finish(y, bias: nil, activation) }
    default: preconditionFailure("rows made ready for another layer")
    }
  }

  /// Puts the gradient with respect to the input, `dx = dy·W`, into `inputGradient`, or adds it.
  ///
  /// `dy`, `[rows, outputs.count]`, may be the gradient of some `outputs` only, from a multiple of
  /// 4 on.
  package func backward(
    _ outputGradient: MatrixView, outputs range: Range<Int>? = nil, adding: Bool = false,
    into inputGradient: MatrixView, in scratch: Arena, _ workspace: Workspace
  ) {
    let range = range ?? 0..<outputs
    let rows = firstRow + range.lowerBound..<firstRow + range.upperBound
    precondition(outputGradient.columns == range.count && inputGradient.columns == inputs)
    precondition(outputGradient.rows == inputGradient.rows)
    switch weight {
    case .floats(let matrix):
      // [rows, outputs] · [outputs, inputs]
      Product.multiply(
        outputGradient, matrix.view.rows(rows), adding: adding, into: inputGradient)
    case .panels(let matrix):
      scratch.temporary {
        let input = LinearInput(
          quantizing: outputGradient, factors: matrix.scales.map { $0 + rows.lowerBound },
          in: scratch)
        guard case .codes(let codes) = input.form else { return }
        multiply(
          codes, rows: input.rows, matrix.transposed.part(rows: 0..<inputs, columns: rows),
          bias: nil, activation: nil, adding: adding, into: inputGradient, workspace)
      }
    }
  }

  private func multiply(
    _ codes: ept_int8_rows, rows: Int, _ weights: ept_int8_weights, bias: UnsafePointer<Float>?,
    activation: Activation?, adding: Bool, into y: MatrixView, _ workspace: Workspace
  ) {
    let panels = (Int(weights.outputs) + 15) / 16
    workspace.split(columns: panels, cost: 16 * rows * Int(weights.inputs) / 4) { part in
      var product = ept_int8_product(
        weights: weights, x: codes, rows: Int64(rows), first_panel: Int64(part.lowerBound),
        last_panel: Int64(part.upperBound), bias: bias,
        activation: activation?.code ?? EPT_ACTIVATION_NONE, adding: adding, y: y.base,
        ldy: Int64(y.stride))
      int8Kernels.product(&product)
    }
  }

  /// Bias and activation after a product.
  private func finish(
    _ y: MatrixView, bias: UnsafePointer<Float>?, _ activation: Activation?
  ) {
    if let activation {
      activation.forward(y, bias: bias, slope: nil)
    } else if let bias {
      precondition(y.isContiguous)
      kernels.add_bias(y.base, bias, Int64(y.rows), Int64(y.columns))
    }
  }
}

extension WeightVector {
  /// The vector from number `count` on.
  func dropFirst(_ count: Int) -> WeightVector {
    WeightVector(storage: storage, first: first + count)
  }
}
