import EPTCompute

/// The feed-forward layer of a block: `down(a(up(x)))`, or `down(a(gate(x)) ⊙ up(x))`.
package struct FeedForward: Sendable {
  /// What the gradient needs of one forward pass.
  enum Saved {
    /// Which of ReLU's numbers were above 0.
    case bits(ReLUBits)
    /// The activation's derivative. `[rows, width]`
    case slope(MatrixView)
    /// The derivatives of the gated product by gate and up. `[rows, width]` each
    case gated(gate: MatrixView, up: MatrixView)
  }

  package let up: Linear
  package let gate: Linear?
  package let down: Linear
  package let activation: Activation

  package init(up: Linear, gate: Linear? = nil, down: Linear, activation: Activation) {
    self.up = up
    self.gate = gate
    self.down = down
    self.activation = activation
  }

  /// Numbers of a hidden row.
  var width: Int { down.inputs }

  /// Room for what the gradient needs of `rows` rows.
  func room(_ rows: Int, in arena: Arena) -> Saved {
    if gate != nil {
      return .gated(gate: arena.matrix(rows, width), up: arena.matrix(rows, width))
    }
    return activation == .relu
      ? .bits(ReLUBits(rows: rows, columns: width, in: arena)) : .slope(arena.matrix(rows, width))
  }

  /// The hidden rows, before `down`. `[rows.count, width]`
  ///
  /// `rows` says which rows of `saved` these are.
  func hidden(
    _ input: LinearInput, saving saved: Saved?, rows: Range<Int>, in scratch: Arena,
    _ workspace: Workspace
  ) -> MatrixView {
    let hidden = scratch.matrix(rows.count, width)
    if let gate {
      var (gated, plain) = (hidden, hidden)
      if case .gated(let savedGate, let savedUp) = saved {
        (gated, plain) = (savedGate.rows(rows), savedUp.rows(rows))
      } else {
        plain = scratch.matrix(rows.count, width)
      }
      gate.multiply(input, into: gated, workspace)
      up.multiply(input, into: plain, workspace)
      activation.forwardGated(gated, plain, into: hidden, saving: saved != nil)
      return hidden
    }
    switch saved {
    case .bits(let bits):
      up.multiply(input, into: hidden, workspace)
      bits.forward(hidden, rows: rows)
    case .slope(let slope):
      up.multiply(input, hasBias: false, into: hidden, workspace)
      activation.forward(hidden, bias: up.bias?.numbers, slope: slope.rows(rows))
    default:
      up.multiply(input, activation: activation, into: hidden, workspace)
    }
    return hidden
  }

  /// Puts the gradient with respect to the input of `up` into `inputGradient`, or adds it, from
  /// the one with respect to the output of `down`. `[rows.count, d]` both
  func backward(
    _ outputGradient: MatrixView, saved: Saved, rows: Range<Int>, adding: Bool,
    into inputGradient: MatrixView, in scratch: Arena, _ workspace: Workspace
  ) {
    let hidden = scratch.matrix(rows.count, width)
    down.backward(outputGradient, into: hidden, in: scratch, workspace)
    switch saved {
    case .bits(let bits):
      bits.backward(hidden, rows: rows)
      up.backward(hidden, adding: adding, into: inputGradient, in: scratch, workspace)
    case .slope(let slope):
      multiply(hidden, slope.rows(rows), into: hidden)
      up.backward(hidden, adding: adding, into: inputGradient, in: scratch, workspace)
    case .gated(let gateSlope, let upSlope):
      let product = scratch.matrix(rows.count, width)
      multiply(hidden, gateSlope.rows(rows), into: product)
      gate?.backward(product, adding: adding, into: inputGradient, in: scratch, workspace)
      multiply(hidden, upSlope.rows(rows), into: product)
      up.backward(product, adding: true, into: inputGradient, in: scratch, workspace)
    }
  }

  /// `a ⊙ b`, all contiguous and of one size.
  private func multiply(_ a: MatrixView, _ b: MatrixView, into product: MatrixView) {
    kernels.multiply(product.base, a.base, b.base, Int64(product.count))
  }
}
