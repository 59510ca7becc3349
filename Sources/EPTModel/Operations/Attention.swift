import CEPTKernels

/// What is added to attention's scores: a row of keys for each head and query.
struct AttentionBias {
  /// Row 0 of head 0.
  let base: UnsafePointer<Float>
  /// Numbers from one head to the next.
  let headStride: Int
  /// Numbers from one query's row to the next one's; negative where a table of relative
  /// distances is read, whose window moves back as the query moves on.
  let rowStride: Int
}

/// Softmax attention of each text over itself, head by head.
///
/// Probabilities are not kept: computing them again is cheaper than writing `[heads, q, k]` to
/// fresh memory, and memory stays linear in the texts' lengths.
struct Attention: Sendable {
  /// Queries that are handled at once, so that a long text's scores stay in the cache.
  private static let queryBlock = 128

  let heads: Int
  let headWidth: Int
  /// The factor of the scores: `1/√headWidth` in BERT, 1 in T5.
  let scale: Float
  /// Whether queries, keys and values come from products in whole numbers, so that less than
  /// binary32 will do.
  var isRounded = false

  /// Where one text's rows of one head lie.
  private func cut(_ matrix: MatrixView, _ text: Range<Int>, _ head: Int) -> MatrixView {
    matrix.rows(text).columns(head * headWidth..<(head + 1) * headWidth)
  }

  /// Runs `body` for every text and head.
  private func forEachHead(
    _ starts: [Int], _ workspace: Workspace,
    _ body: (_ text: Int, _ rows: Range<Int>, _ head: Int, Arena) -> Void
  ) {
    workspace.forEach((starts.count - 1) * heads) { piece, scratch in
      let text = piece / heads
      body(text, starts[text]..<starts[text + 1], piece % heads, scratch)
    }
  }

  /// `softmax(scale · q·kᵀ + bias)` for some of a text's queries. `[queries, keys]`
  private func probabilities(
    _ q: MatrixView, _ k: MatrixView, _ bias: AttentionBias?, head: Int, firstQuery: Int,
    into scores: MatrixView
  ) {
    Product.multiply(q, k, transposeB: true, scale: scale, into: scores)
    let row = bias.map { $0.base + head * $0.headStride + firstQuery * $0.rowStride }
    kernels.softmax(
      scores.base, Int64(scores.stride), row, Int64(bias?.rowStride ?? 0), Int64(scores.rows),
      Int64(scores.columns))
  }

  /// Attends within each text.
  ///
  /// All matrices are `[tokens, heads · headWidth]`, heads side by side. `starts` says where each
  /// text's rows start, then the total; `biases` holds one bias a text, if there is any.
  func forward(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView, starts: [Int],
    biases: [AttentionBias]?, _ workspace: Workspace
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
        bias: biases?[text], heads: first..<last, in: scratch)
    }
  }

  /// Attends from all rows of `q` to all rows of `k` and `v`, for some heads, nil for all.
  ///
  /// Matrices are `[queries, heads · headWidth]` or `[keys, heads · headWidth]`.
  func forward(
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
    biases: [AttentionBias]?, _ workspace: Workspace
  ) {
    forEachHead(starts, workspace) { text, rows, head, scratch in
      let keys = cut(k, rows, head)
      let values = cut(v, rows, head)
      let bias = biases?[text]
      for first in stride(from: 0, to: rows.count, by: Self.queryBlock) {
        let queries = first..<min(rows.count, first + Self.queryBlock)
        let blockQ = cut(q, rows, head).rows(queries)
        let blockGradient = cut(outputGradient, rows, head).rows(queries)
        scratch.temporary {
          let probability = scratch.matrix(queries.count, rows.count)
          let gradient = scratch.matrix(queries.count, rows.count)
          probabilities(blockQ, keys, bias, head: head, firstQuery: first, into: probability)
          // dP = dO·vᵀ, then dS in its place. [queries, keys]
          Product.multiply(blockGradient, values, transposeB: true, into: gradient)
          // dv = Pᵀ·dO [keys, headWidth]
          Product.multiply(
            probability, transposeA: true, blockGradient, adding: first > 0,
            into: cut(gradients.v, rows, head))
          kernels.softmax_backward(
            probability.base, gradient.base, Int64(gradient.stride), Int64(gradient.rows),
            Int64(gradient.columns))
          // dq = scale · dS·k, dk = scale · dSᵀ·q
          Product.multiply(
            gradient, keys, scale: scale, into: cut(gradients.q, rows, head).rows(queries))
          Product.multiply(
            gradient, transposeA: true, blockQ, scale: scale, adding: first > 0,
            into: cut(gradients.k, rows, head))
        }
      }
    }
  }
}
