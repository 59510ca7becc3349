import CEPTKernels
import EPTCompute

/// EPT in depth: a block's output projected into gated subspaces, and added to it.
///
/// `G = K · softmax(H·Wg)`, `H ← H + Σ_j G_j ⊙ (H·U_j·V_j)`. With one subspace there is no gate.
/// docs/explanation/method.md, "In depth".
package struct GatedProjection {
  /// `U_1 … U_K`, a vector a row. `[K·k, d]`
  let down: MatrixView
  /// `V_1 … V_K`, a vector a row. `[K·k, d]`
  let up: MatrixView
  /// `Wg`, a vector a row; no rows with one subspace. `[K, d]`
  let gate: MatrixView
  /// `K`.
  let subspaces: Int
  /// `k`.
  let subspaceWidth: Int

  package init(down: MatrixView, up: MatrixView, gate: MatrixView, subspaces: Int) {
    precondition(down.rows == up.rows && down.rows % subspaces == 0)
    precondition(down.columns == up.columns && (gate.rows == 0 || gate.columns == down.columns))
    precondition(down.isContiguous && up.isContiguous && gate.isContiguous)
    precondition(gate.rows == (subspaces == 1 ? 0 : subspaces))
    self.down = down
    self.up = up
    self.gate = gate
    self.subspaces = subspaces
    subspaceWidth = down.rows / subspaces
  }

  /// What the gradient needs of one forward pass.
  struct Saved {
    /// `H`. `[rows, d]`
    let input: MatrixView
    /// `H·U`. `[rows, K·k]`
    let down: MatrixView
    /// `softmax(H·Wg)`. `[rows, K]`
    let gate: MatrixView

    /// Room for `rows` rows of width `hiddenSize`.
    init(_ projection: GatedProjection, rows: Int, hiddenSize: Int, in arena: Arena) {
      input = arena.matrix(rows, hiddenSize)
      down = arena.matrix(rows, projection.down.rows)
      gate = arena.matrix(rows, projection.gate.rows)
    }

    func rows(_ range: Range<Int>) -> Saved {
      Saved(input: input.rows(range), down: down.rows(range), gate: gate.rows(range))
    }

    private init(input: MatrixView, down: MatrixView, gate: MatrixView) {
      self.input = input
      self.down = down
      self.gate = gate
    }
  }

  /// The gradient with respect to the three matrices, in their sizes.
  package struct Gradient {
    package let down: MatrixView
    package let up: MatrixView
    package let gate: MatrixView

    package init(down: MatrixView, up: MatrixView, gate: MatrixView) {
      self.down = down
      self.up = up
      self.gate = gate
    }
  }

  /// Adds the projection to some rows `h`, `[rows, d]`; `saved` has room for as many.
  ///
  /// The rows are read twice: for all products with `U` and `Wg`, then for the sum.
  func forward(_ h: MatrixView, saving saved: Saved?, in scratch: Arena) {
    precondition(h.isContiguous && h.columns == down.columns)
    saved?.input.base.update(from: h.base, count: h.count)
    scratch.temporary {
      var projection = ept_gated_projection(
        columns: Int64(h.columns), subspaces: Int64(subspaces), width: Int64(subspaceWidth),
        down: down.base, up: up.base, gate: gate.rows > 0 ? UnsafePointer(gate.base) : nil)
      let room = kernels.gated_projection_scratch(Int64(subspaces), Int64(subspaceWidth))
      kernels.gated_projection(
        &projection, h.base, Int64(h.rows), saved?.down.base,
        saved.flatMap { $0.gate.columns > 0 ? $0.gate.base : nil }, scratch.floats(Int(room)))
    }
  }

  /// `K · gate ⊙ values`, each subspace's numbers by its gate. `[rows, K·k]`
  private func multiply(_ values: MatrixView, by weights: MatrixView, into output: MatrixView) {
    guard weights.columns > 0 else {
      output.base.update(from: values.base, count: values.count)
      return
    }
    let factor = Float(subspaces)
    for row in 0..<values.rows {
      let (from, to, gate) = (values.row(row), output.row(row), weights.row(row))
      for column in 0..<values.columns {
        to[column] = factor * gate[column / subspaceWidth] * from[column]
      }
    }
  }

  /// Turns the gradient with respect to some rows' results into the one with respect to the rows
  /// themselves, and puts what the matrices' gradients need into `terms`.
  func backward(_ gradient: MatrixView, saved: Saved, terms: Terms, in scratch: Arena) {
    // d(gated) = dH·Vᵀ [rows, K·k]
    Product.multiply(gradient, up, transposeB: true, into: terms.down)
    multiply(saved.down, by: saved.gate, into: terms.gated)
    if gate.rows > 0 {
      gateGradient(saved: saved, terms: terms)
      multiply(terms.down, by: saved.gate, into: terms.down)
    }
    // dV needs the results' gradient, before the rows' own is added.
    terms.output.base.update(from: gradient.base, count: gradient.count)
    Product.multiply(terms.down, down, adding: true, into: gradient)
    if gate.rows > 0 { Product.multiply(terms.gate, gate, adding: true, into: gradient) }
  }

  /// The gradient with respect to the gate's scores, from `terms.down` with respect to the gated
  /// numbers.
  private func gateGradient(saved: Saved, terms: Terms) {
    let factor = Float(subspaces)
    for row in 0..<terms.gate.rows {
      let (output, gradient, inner) = (
        terms.gate.row(row), terms.down.row(row), saved.down.row(row)
      )
      for j in 0..<subspaces {
        output[j] = (j * subspaceWidth..<(j + 1) * subspaceWidth).reduce(Float(0)) {
          $0 + factor * gradient[$1] * inner[$1]
        }
      }
    }
    kernels.softmax_backward(
      saved.gate.base, terms.gate.base, Int64(terms.gate.stride), Int64(terms.gate.rows),
      Int64(terms.gate.columns))
  }

  /// What sums over rows give the matrices' gradients.
  struct Terms {
    /// The gradient with respect to `H·U`. `[rows, K·k]`
    let down: MatrixView
    /// The gated numbers. `[rows, K·k]`
    let gated: MatrixView
    /// The gradient with respect to the gate's scores. `[rows, K]`
    let gate: MatrixView
    /// The gradient with respect to the results. `[rows, d]`
    let output: MatrixView

    init(_ projection: GatedProjection, rows: Int, hiddenSize: Int, in arena: Arena) {
      down = arena.matrix(rows, projection.down.rows)
      gated = arena.matrix(rows, projection.down.rows)
      gate = arena.matrix(rows, projection.gate.rows)
      output = arena.matrix(rows, hiddenSize)
    }

    private init(down: MatrixView, gated: MatrixView, gate: MatrixView, output: MatrixView) {
      self.down = down
      self.gated = gated
      self.gate = gate
      self.output = output
    }

    func rows(_ range: Range<Int>) -> Terms {
      Terms(
        down: down.rows(range), gated: gated.rows(range), gate: gate.rows(range),
        output: output.rows(range))
    }

    /// Adds the sums over all rows to `gradient`; columns are cut whatever the number of threads.
    func add(to gradient: Gradient, saved: Saved, _ workspace: Workspace) {
      let (hiddenSize, part) = (output.columns, 64)
      workspace.forEach((hiddenSize + part - 1) / part) { piece, _ in
        let columns = piece * part..<min(hiddenSize, (piece + 1) * part)
        let input = saved.input.columns(columns)
        // [K·k, rows] · [rows, columns]
        Product.multiply(
          down, transposeA: true, input, adding: true, into: gradient.down.columns(columns))
        Product.multiply(
          gated, transposeA: true, output.columns(columns), adding: true,
          into: gradient.up.columns(columns))
        if gate.columns > 0 {
          Product.multiply(
            gate, transposeA: true, input, adding: true, into: gradient.gate.columns(columns))
        }
      }
    }
  }
}

extension Stack.Saved {
  /// `softmax(H·Wg)` of each row after block `block`, where all texts have one task; nil where
  /// nothing follows the block. `[rows, K]`
  package func gate(after block: Int) -> MatrixView? { blocks[block].edits.first?.gate }
}
