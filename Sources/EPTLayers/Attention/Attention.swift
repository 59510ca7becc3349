import CEPTKernels
import EPTCompute

/// Softmax attention of each text over itself, head by head.
///
/// Probabilities are not saved: computing them again is cheaper than writing `[heads, q, k]` to
/// fresh memory, and memory stays linear in the texts' lengths.
package struct Attention: Sendable {
  /// Queries that the gradient handles at once, so that a long text's scores stay in the cache.
  private static let queryBlock = 128

  /// What is added to the scores.
  enum Bias {
    case none
    /// The same numbers whatever the texts say.
    case fixed(AttentionBias)
    /// What the queries and keys of a head say of distances.
    case disentangled((_ length: Int, _ head: Int) -> DisentangledBias.Head)
  }

  package let heads: Int
  package let headWidth: Int
  /// The factor of the scores: `1/√headWidth` in BERT, 1 in T5.
  let scale: Float
  let mask: AttentionMask
  /// Whether queries, keys and values come from int8 products, so that bfloat16 is exact enough.
  let isRounded: Bool

  package init(
    heads: Int, headWidth: Int, scale: Float, mask: AttentionMask = .full, isRounded: Bool = false
  ) {
    self.heads = heads
    self.headWidth = headWidth
    self.scale = scale
    self.mask = mask
    self.isRounded = isRounded
  }

  /// The columns of a head.
  func columns(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  /// Attends within each text.
  ///
  /// All matrices are `[tokens, heads · headWidth]`, heads side by side. `starts` says where each
  /// text's rows start, then the total; `bias` gives a text's.
  func forward(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView, starts: [Int],
    bias: (_ text: Int) -> Bias, _ workspace: Workspace
  ) {
    let texts = starts.count - 1
    // One thread takes all heads of a text at once, several share them.
    let parts = workspace.threads == 1 ? 1 : heads
    workspace.forEach(texts * parts) { piece, scratch in
      let text = piece / parts
      let rows = starts[text]..<starts[text + 1]
      let first = heads * (piece % parts) / parts
      let last = heads * (piece % parts + 1) / parts
      forward(
        q: q.rows(rows), k: k.rows(rows), v: v.rows(rows), into: output.rows(rows),
        bias: bias(text), heads: first..<last, in: scratch)
    }
  }

  /// Attends within one text, for some heads.
  private func forward(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView, bias: Bias,
    heads: Range<Int>, in scratch: Arena
  ) {
    switch bias {
    case .none where !mask.hides(length: q.rows):
      attend(q: q, k: k, v: v, into: output, heads: heads, in: scratch)
    case .none:
      preconditionFailure("a mask comes as a bias")
    case .fixed(let bias):
      for (queries, keys) in mask.blocks(length: q.rows, fullBlock: max(1, q.rows)) {
        scratch.temporary {
          attend(
            q: q.rows(queries), k: k.rows(keys), v: v.rows(keys), into: output.rows(queries),
            bias: bias.from(query: queries.lowerBound, key: keys.lowerBound), heads: heads,
            in: scratch)
        }
      }
    case .disentangled(let bias):
      for head in heads {
        scratch.temporary {
          let columns = columns(head)
          let scores = bias(q.rows, head).bias(
            q: q.columns(columns), k: k.columns(columns), queries: 0..<q.rows, in: scratch)
          attend(
            q: q, k: k, v: v, into: output,
            bias: AttentionBias(
              base: UnsafePointer(scores.base), headStride: 0, rowStride: scores.stride),
            heads: head..<head + 1, in: scratch)
        }
      }
    }
  }

  /// Attends from all rows of `q` to all rows of `k` and `v`, for some heads, nil for all.
  ///
  /// Matrices are `[queries, heads · headWidth]` or `[keys, heads · headWidth]`.
  func attend(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView,
    bias: AttentionBias? = nil, heads range: Range<Int>? = nil, in scratch: Arena
  ) {
    let range = range ?? 0..<heads
    precondition(range.lowerBound >= 0 && range.upperBound <= heads)
    precondition(q.columns == heads * headWidth && output.columns == q.columns)
    precondition(k.columns == q.columns && v.columns == q.columns)
    precondition(output.rows == q.rows && v.rows == k.rows)
    precondition(q.stride == k.stride && k.stride == v.stride)
    var attention = ept_attention(
      queries: Int64(q.rows), keys: Int64(k.rows), first_head: Int64(range.lowerBound),
      last_head: Int64(range.upperBound), width: Int64(headWidth), scale: scale, q: q.base,
      k: k.base, v: v.base, ld: Int64(q.stride), bias: bias?.base,
      bias_head_stride: Int64(bias?.headStride ?? 0), bias_stride: Int64(bias?.rowStride ?? 0),
      out: output.base, ld_out: Int64(output.stride))
    let loops = isRounded ? roundedAttention : kernels.attention
    let room = loops.scratch(Int64(k.rows), Int64(headWidth))
    loops.attend(&attention, scratch.floats(Int(room)))
  }

  /// The gradients with respect to `q`, `k` and `v`, from the one with respect to the output.
  ///
  /// All matrices are `[tokens, heads · headWidth]`; `gradients` are overwritten.
  func backward(
    _ outputGradient: MatrixView, q: MatrixView, k: MatrixView, v: MatrixView,
    into gradients: (q: MatrixView, k: MatrixView, v: MatrixView), starts: [Int],
    bias: (_ text: Int) -> Bias, _ workspace: Workspace
  ) {
    workspace.forEach((starts.count - 1) * heads) { piece, scratch in
      let (text, head) = (piece / heads, piece % heads)
      func cut(_ matrix: MatrixView) -> MatrixView {
        matrix.rows(starts[text]..<starts[text + 1]).columns(columns(head))
      }
      backward(
        cut(outputGradient), q: cut(q), k: cut(k), v: cut(v),
        into: (cut(gradients.q), cut(gradients.k), cut(gradients.v)), bias: bias(text), head: head,
        in: scratch)
    }
  }

  /// The same for one text and head; all matrices are `[tokens, headWidth]`.
  private func backward(
    _ outputGradient: MatrixView, q: MatrixView, k: MatrixView, v: MatrixView,
    into gradients: (q: MatrixView, k: MatrixView, v: MatrixView), bias: Bias, head: Int,
    in scratch: Arena
  ) {
    let length = q.rows
    let isWindowed = mask.hides(length: length)
    if isWindowed {
      // Blocks see some of the keys each.
      for row in 0..<length {
        gradients.k.row(row).update(repeating: 0, count: headWidth)
        gradients.v.row(row).update(repeating: 0, count: headWidth)
      }
    }
    var disentangled: DisentangledBias.Head?
    if case .disentangled(let perHead) = bias { disentangled = perHead(length, head) }
    for (queries, keys) in mask.blocks(length: length, fullBlock: Self.queryBlock) {
      let adding = isWindowed || queries.lowerBound > 0
      let (blockQ, blockGradient) = (q.rows(queries), outputGradient.rows(queries))
      let (blockK, blockV) = (k.rows(keys), v.rows(keys))
      scratch.temporary {
        let probability = scratch.matrix(queries.count, keys.count)
        let gradient = scratch.matrix(queries.count, keys.count)
        Product.multiply(blockQ, blockK, transposeB: true, scale: scale, into: probability)
        switch bias {
        case .none: softmax(probability, nil)
        case .fixed(let bias):
          let bias = bias.from(query: queries.lowerBound, key: keys.lowerBound)
          softmax(probability, bias.base + head * bias.headStride, stride: bias.rowStride)
        case .disentangled:
          let scores = disentangled?.bias(q: blockQ, k: blockK, queries: queries, in: scratch)
          softmax(probability, scores.map { UnsafePointer($0.base) }, stride: scores?.stride ?? 0)
        }
        // dP = dO·vᵀ, then dS in its place. [queries, keys]
        Product.multiply(blockGradient, blockV, transposeB: true, into: gradient)
        // dv = Pᵀ·dO [keys, headWidth]
        Product.multiply(
          probability, transposeA: true, blockGradient, adding: adding,
          into: gradients.v.rows(keys))
        kernels.softmax_backward(
          probability.base, gradient.base, Int64(gradient.stride), Int64(gradient.rows),
          Int64(gradient.columns))
        // dq = scale · dS·k, dk = scale · dSᵀ·q
        Product.multiply(gradient, blockK, scale: scale, into: gradients.q.rows(queries))
        Product.multiply(
          gradient, transposeA: true, blockQ, scale: scale, adding: adding,
          into: gradients.k.rows(keys))
        disentangled?.backward(
          gradient, queries: queries, dq: gradients.q.rows(queries), dk: gradients.k, in: scratch)
      }
    }
  }

  /// Softmax of each row of scores with their bias, in place.
  private func softmax(
    _ scores: MatrixView, _ bias: UnsafePointer<Float>?, stride: Int = 0
  ) {
    kernels.softmax(
      scores.base, Int64(scores.stride), bias, Int64(stride), Int64(scores.rows),
      Int64(scores.columns))
  }
}
