import EPTCompute

/// One evaluation of an EPT prompt, with what its gradient needs.
///
/// The symbols are the method's: `F = P + softmax(τ·c·P·(AB)ᵀ/√d)·cAB` (fusion),
/// `P̂ = F + Σ_j G_j ⊙ F·U_j·V_j` with `G = softmax(F·Wg)` (subspaces and gate).
/// `A·B` is never formed for fusion: `P·Bᵀ` and `W·A` are `[s, r]`.
struct PromptPass {
  let shape: PromptShape
  /// `c = α/√r`.
  let scale: Float
  let hasFusion: Bool
  /// `τ·c/√d`, the factor of `P·(AB)ᵀ` in fusion's scores.
  private let scoreScale: Float

  // The parts, copied side by side.
  private let p: MatrixView  // [s, d]
  private let a: MatrixView  // [n, r]
  private let b: MatrixView  // [r, d]
  private let u: MatrixView  // [K·d, k]
  private let v: MatrixView  // [K·k, d]
  private let wg: MatrixView  // [d, K]

  // Saved by fusion for the gradient.
  private let pb: MatrixView  // P·Bᵀ [s, r]
  private let weights: MatrixView  // W [s, n]
  private let mixed: MatrixView  // W·A [s, r]
  private let fused: MatrixView  // F [s, d]

  // Saved by subspaces and gate for the gradient.
  private let down: [MatrixView]  // F·U_j [s, k], one a subspace
  private let projected: [MatrixView]  // Z_j [s, d], one a subspace
  let gate: MatrixView  // G [s, K]

  /// `P̂`, `[s, d]`.
  let result: MatrixView

  /// Evaluates `prompt` in memory of `arena`.
  init(_ prompt: EPTPrompt, in arena: Arena) {
    func copy(_ part: PromptPart) -> MatrixView {
      let matrix = prompt[part]
      let view = arena.matrix(matrix.rows, matrix.columns)
      view.copy(matrix)
      return view
    }
    shape = prompt.shape
    scale = prompt.lowRankScale
    scoreScale = prompt.fusionScale * scale / Float(shape.hiddenSize).squareRoot()
    hasFusion = prompt.usesFusion && shape.rank > 0 && shape.promptLength > 0
    (p, a, b) = (copy(.shortPrompt), copy(.lowRankA), copy(.lowRankB))
    (u, v, wg) = (copy(.subspaceDown), copy(.subspaceUp), copy(.gate))

    let s = shape.promptLength
    fused = arena.matrix(s, shape.hiddenSize)
    fused.base.update(from: p.base, count: fused.count)
    let fusedRows = hasFusion ? s : 0
    pb = arena.matrix(fusedRows, shape.rank)
    weights = arena.matrix(fusedRows, shape.inputLength)
    mixed = arena.matrix(fusedRows, shape.rank)
    if hasFusion {
      Product.multiply(p, b, transposeB: true, into: pb)
      Product.multiply(pb, a, transposeB: true, scale: scoreScale, into: weights)
      softmax(weights)
      Product.multiply(weights, a, into: mixed)
      Product.multiply(mixed, b, scale: scale, adding: true, into: fused)
    }

    result = arena.matrix(s, shape.hiddenSize)
    result.base.update(from: fused.base, count: result.count)
    let (subspaces, k, d) = (shape.subspaces, shape.subspaceWidth, shape.hiddenSize)
    down = (0..<subspaces).map { _ in arena.matrix(s, k) }
    projected = (0..<subspaces).map { _ in arena.matrix(s, d) }
    gate = arena.matrix(s, subspaces)
    guard subspaces > 0, s > 0 else { return }
    Product.multiply(fused, wg, into: gate)
    softmax(gate)
    for j in 0..<subspaces {
      Product.multiply(fused, u.rows(j * d..<(j + 1) * d), into: down[j])
      Product.multiply(down[j], v.rows(j * k..<(j + 1) * k), into: projected[j])
      for row in 0..<s {
        kernels.add_scaled(
          result.row(row), projected[j].row(row), gate.row(row)[j], Int64(d))
      }
    }
  }

  /// `c·A[i]·B` for the first `length` positions of a text, `[length, d]`.
  func lowRankRows(_ length: Int, in arena: Arena) -> MatrixView {
    let rows = arena.matrix(length, shape.hiddenSize)
    Product.multiply(a.rows(0..<length), b, scale: scale, into: rows)
    return rows
  }

  /// The gradient with respect to every part.
  ///
  /// `promptGradient` is the one with respect to `P̂`, `[s, d]`; `inputGradient` the one with
  /// respect to the input embeddings `E'`, summed over the texts by position, `[m, d]` with
  /// `m ≤ n`; `depth` those with respect to the projections after blocks.
  func gradient(
    prompt promptGradient: MatrixView, input inputGradient: MatrixView,
    depth: DepthGradients? = nil, of prompt: EPTPrompt, in arena: Arena
  ) -> EPTPrompt {
    arena.temporary {
      var parts: [PromptPart: MatrixView] = [:]
      for part in PromptPart.allCases {
        let size = part.size(in: shape)
        parts[part] = arena.zeros(size.rows, size.columns)
      }
      var gradient = EPTPrompt(
        shape: shape, alpha: prompt.alpha, usesFusion: prompt.usesFusion,
        fusionScale: prompt.fusionScale)
      if let dP = parts[.shortPrompt], let dA = parts[.lowRankA], let dB = parts[.lowRankB],
        let dU = parts[.subspaceDown], let dV = parts[.subspaceUp], let dWg = parts[.gate]
      {
        // dF [s, d] gathers in dP, which fusion's gradient then completes.
        dP.base.update(from: promptGradient.base, count: dP.count)
        subspaceGradient(promptGradient, dU: dU, dV: dV, dWg: dWg, dF: dP, in: arena)
        fusionGradient(dP: dP, dA: dA, dB: dB, in: arena)
        if shape.rank > 0 {
          let length = inputGradient.rows
          Product.multiply(
            inputGradient, b, transposeB: true, scale: scale, adding: true,
            into: dA.rows(0..<length))
          Product.multiply(
            a.rows(0..<length), transposeA: true, inputGradient, scale: scale, adding: true,
            into: dB)
        }
      }
      for (part, view) in parts { gradient[part] = view.matrix() }
      for (part, view) in depth?.parts ?? [] { gradient[part] = view.matrix() }
      return gradient
    }
  }

  private func subspaceGradient(
    _ promptGradient: MatrixView, dU: MatrixView, dV: MatrixView, dWg: MatrixView, dF: MatrixView,
    in arena: Arena
  ) {
    let (s, d, k) = (shape.promptLength, shape.hiddenSize, shape.subspaceWidth)
    guard shape.subspaces > 0, s > 0 else { return }
    let dGate = arena.matrix(s, shape.subspaces)
    let dZ = arena.matrix(s, d)
    let dDown = arena.matrix(s, k)
    for j in 0..<shape.subspaces {
      dZ.fill(0)
      for row in 0..<s {
        dGate.row(row)[j] = kernels.dot(promptGradient.row(row), projected[j].row(row), Int64(d))
        kernels.add_scaled(
          dZ.row(row), promptGradient.row(row), gate.row(row)[j], Int64(d))
      }
      let (rowsU, rowsV) = (j * d..<(j + 1) * d, j * k..<(j + 1) * k)
      Product.multiply(down[j], transposeA: true, dZ, into: dV.rows(rowsV))
      Product.multiply(dZ, v.rows(rowsV), transposeB: true, into: dDown)
      Product.multiply(fused, transposeA: true, dDown, into: dU.rows(rowsU))
      Product.multiply(dDown, u.rows(rowsU), transposeB: true, adding: true, into: dF)
    }
    softmaxGradient(gate, dGate)
    Product.multiply(fused, transposeA: true, dGate, into: dWg)
    Product.multiply(dGate, wg, transposeB: true, adding: true, into: dF)
  }

  private func fusionGradient(dP: MatrixView, dA: MatrixView, dB: MatrixView, in arena: Arena) {
    guard hasFusion else { return }
    let s = shape.promptLength
    let dMixed = arena.matrix(s, shape.rank)
    let dScores = arena.matrix(s, shape.inputLength)
    let dPB = arena.matrix(s, shape.rank)
    // F = P + c · mixed · B
    Product.multiply(dP, b, transposeB: true, scale: scale, into: dMixed)
    Product.multiply(mixed, transposeA: true, dP, scale: scale, adding: true, into: dB)
    // mixed = W · A
    Product.multiply(dMixed, a, transposeB: true, into: dScores)
    Product.multiply(weights, transposeA: true, dMixed, adding: true, into: dA)
    softmaxGradient(weights, dScores)
    // scores = τ·c/√d · (P·Bᵀ) · Aᵀ
    Product.multiply(dScores, a, scale: scoreScale, into: dPB)
    Product.multiply(dScores, transposeA: true, pb, scale: scoreScale, adding: true, into: dA)
    Product.multiply(dPB, b, adding: true, into: dP)
    Product.multiply(dPB, transposeA: true, p, adding: true, into: dB)
  }
}

/// Softmax of each row, in place.
private func softmax(_ matrix: MatrixView) {
  kernels.softmax(
    matrix.base, Int64(matrix.stride), nil, 0, Int64(matrix.rows), Int64(matrix.columns))
}

/// Turns the gradient with respect to softmax's results into the one with respect to its inputs.
private func softmaxGradient(_ probability: MatrixView, _ gradient: MatrixView) {
  kernels.softmax_backward(
    probability.base, gradient.base, Int64(gradient.stride), Int64(gradient.rows),
    Int64(gradient.columns))
}

extension EPTPrompt {
  /// Applies fusion, subspaces and gate to the short prompt.
  ///
  /// They depend on trained numbers only, so predictions stay the same.
  public func folded() -> FoldedPrompt {
    let arena = Arena()
    // Views are bare addresses: the arena must outlive them.
    let prompt = withExtendedLifetime(arena) { PromptPass(self, in: arena).result.matrix() }
    return FoldedPrompt(
      prompt: prompt, lowRankA: self[.lowRankA], lowRankB: self[.lowRankB],
      lowRankScale: lowRankScale, depth: depth)
  }
}
