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
    /// The same numbers whatever the texts say; `trailing` is that of rows behind the text.
    case fixed(AttentionBias?, trailing: TrailingBias? = nil)
    /// What the queries and keys of a head say of distances.
    case disentangled((_ length: Int, _ head: Int) -> DisentangledBias.Head)
  }

  /// Some queries of a text, the keys that they see, and what is added to their scores.
  private struct Part {
    let queries: Range<Int>
    let keys: Range<Int>
    let bias: AttentionBias?
  }

  /// Heads of queries.
  package let heads: Int
  /// Heads of keys and values; each serves as many heads of queries, one after another.
  package let keyHeads: Int
  package let headWidth: Int
  /// The factor of the scores: `1/√headWidth` in BERT, 1 in T5.
  let scale: Float
  let mask: AttentionMask
  /// Whether queries, keys and values come from int8 products, so that bfloat16 is exact enough.
  let isRounded: Bool

  package init(
    heads: Int, keyHeads: Int? = nil, headWidth: Int, scale: Float, mask: AttentionMask = .full,
    isRounded: Bool = false
  ) {
    self.heads = heads
    self.keyHeads = keyHeads ?? heads
    self.headWidth = headWidth
    self.scale = scale
    self.mask = mask
    self.isRounded = isRounded
  }

  /// Heads of queries that share a head of keys and values.
  var group: Int { heads / keyHeads }

  /// The columns of a head.
  func columns(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  /// Attends within each text.
  ///
  /// `q` and `output` are `[rows, heads · headWidth]`, heads side by side; `k` and `v` are
  /// `[keys, keyHeads · headWidth]`. `starts` says where each text's rows start, then the total, and
  /// `keyStarts` the same of keys, of which a text may have some before its own rows'; `bias` gives a
  /// text's.
  func forward(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView, starts: [Int],
    keyStarts: [Int], bias: (_ text: Int) -> Bias, _ workspace: Workspace
  ) {
    let texts = starts.count - 1
    // One thread takes all heads of a text at once, several share them.
    let parts = workspace.threads == 1 ? 1 : heads
    workspace.forEach(texts * parts) { piece, scratch in
      let text = piece / parts
      let rows = starts[text]..<starts[text + 1]
      let keys = keyStarts[text]..<keyStarts[text + 1]
      let first = heads * (piece % parts) / parts
      let last = heads * (piece % parts + 1) / parts
      forward(
        q: q.rows(rows), k: k.rows(keys), v: v.rows(keys), into: output.rows(rows),
        bias: bias(text), heads: first..<last, in: scratch)
    }
  }

  /// Attends within one text, for some heads.
  private func forward(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView, bias: Bias,
    heads: Range<Int>, in scratch: Arena
  ) {
    if case .disentangled(let perHead) = bias {
      for head in heads {
        scratch.temporary {
          let columns = columns(head)
          let scores = perHead(q.rows, head).bias(
            q: q.columns(columns), k: k.columns(columns), queries: 0..<q.rows, in: scratch)
          attend(
            q: q, k: k, v: v, into: output,
            bias: AttentionBias(
              base: UnsafePointer(scores.base), headStride: 0, rowStride: scores.stride),
            heads: head..<head + 1, in: scratch)
        }
      }
      return
    }
    for part in parts(bias, queries: q.rows, keys: k.rows, fullBlock: max(1, q.rows)) {
      scratch.temporary {
        attend(
          q: q.rows(part.queries), k: k.rows(part.keys), v: v.rows(part.keys),
          into: output.rows(part.queries), bias: part.bias, heads: heads, in: scratch)
      }
    }
  }

  /// A text's queries in parts of which each sees the same keys but for the bias.
  private func parts(_ bias: Bias, queries: Int, keys: Int, fullBlock: Int) -> [Part] {
    guard case .fixed(let bias, let trailing) = bias else {
      precondition(!mask.hides(queries: queries, keys: keys), "a mask comes as a bias")
      return mask.blocks(queries: queries, keys: keys, fullBlock: fullBlock).map {
        Part(queries: $0.queries, keys: $0.keys, bias: nil)
      }
    }
    let behind = trailing?.rows ?? 0
    let before = keys - queries
    var parts = mask.blocks(
      queries: queries - behind, keys: keys - behind, fullBlock: fullBlock
    ).map {
      Part(
        queries: $0.queries, keys: $0.keys,
        bias: bias?.from(query: before + $0.queries.lowerBound, key: $0.keys.lowerBound))
    }
    if let trailing, behind > 0 {
      parts.append(
        Part(
          queries: queries - behind..<queries, keys: 0..<keys, bias: trailing.bias(keys: keys)))
    }
    return parts
  }

  /// Attends from all rows of `q` to all rows of `k` and `v`, for some heads, nil for all.
  ///
  /// Matrices are `[queries, heads · headWidth]` or `[keys, keyHeads · headWidth]`.
  func attend(
    q: MatrixView, k: MatrixView, v: MatrixView, into output: MatrixView,
    bias: AttentionBias? = nil, heads range: Range<Int>? = nil, in scratch: Arena
  ) {
    let range = range ?? 0..<heads
    precondition(range.lowerBound >= 0 && range.upperBound <= heads)
    precondition(q.columns == heads * headWidth && output.columns == q.columns)
    precondition(k.columns == keyHeads * headWidth && v.columns == k.columns)
    precondition(output.rows == q.rows && v.rows == k.rows && k.stride == v.stride)
    var attention = ept_attention(
      queries: Int64(q.rows), keys: Int64(k.rows), first_head: Int64(range.lowerBound),
      last_head: Int64(range.upperBound), width: Int64(headWidth), scale: scale, q: q.base,
      ld: Int64(q.stride), k: k.base, v: v.base, ld_keys: Int64(k.stride), group: Int64(group),
      bias: bias?.base, bias_head_stride: Int64(bias?.headStride ?? 0),
      bias_stride: Int64(bias?.rowStride ?? 0), out: output.base, ld_out: Int64(output.stride))
    let loops = isRounded ? roundedAttention : kernels.attention
    let room = loops.scratch(Int64(k.rows), Int64(headWidth))
    loops.attend(&attention, scratch.floats(Int(room)))
  }

  /// The gradients with respect to `q`, `k` and `v`, from the one with respect to the output.
  ///
  /// Matrices are as in `forward`, where texts have keys of their own rows alone; `gradients` are
  /// overwritten.
  func backward(
    _ outputGradient: MatrixView, q: MatrixView, k: MatrixView, v: MatrixView,
    into gradients: (q: MatrixView, k: MatrixView, v: MatrixView), starts: [Int],
    bias: (_ text: Int) -> Bias, _ workspace: Workspace
  ) {
    workspace.forEach((starts.count - 1) * keyHeads) { piece, scratch in
      let (text, keyHead) = (piece / keyHeads, piece % keyHeads)
      func cut(_ matrix: MatrixView, _ head: Int) -> MatrixView {
        matrix.rows(starts[text]..<starts[text + 1]).columns(columns(head))
      }
      for member in 0..<group {
        let head = keyHead * group + member
        backward(
          cut(outputGradient, head), q: cut(q, head), k: cut(k, keyHead), v: cut(v, keyHead),
          into: (cut(gradients.q, head), cut(gradients.k, keyHead), cut(gradients.v, keyHead)),
          adding: member > 0, bias: bias(text), head: head, in: scratch)
      }
    }
  }

  /// The same for one text and head; all matrices are `[rows, headWidth]`.
  ///
  /// With `adding`, the gradients of keys and values are added.
  private func backward(
    _ outputGradient: MatrixView, q: MatrixView, k: MatrixView, v: MatrixView,
    into gradients: (q: MatrixView, k: MatrixView, v: MatrixView), adding: Bool, bias: Bias,
    head: Int, in scratch: Arena
  ) {
    let length = q.rows
    var disentangled: DisentangledBias.Head?
    if case .disentangled(let perHead) = bias { disentangled = perHead(length, head) }
    let parts = parts(bias, queries: length, keys: length, fullBlock: Self.queryBlock)
    // Where parts see some of the keys each, no part reaches all of them.
    let isHiding = parts.contains { $0.keys.count < length }
    if isHiding, !adding {
      for row in 0..<length {
        gradients.k.row(row).update(repeating: 0, count: headWidth)
        gradients.v.row(row).update(repeating: 0, count: headWidth)
      }
    }
    for part in parts {
      let adding = adding || isHiding || part.queries.lowerBound > 0
      let (queries, keys) = (part.queries, part.keys)
      let (blockQ, blockGradient) = (q.rows(queries), outputGradient.rows(queries))
      let (blockK, blockV) = (k.rows(keys), v.rows(keys))
      scratch.temporary {
        let probability = scratch.matrix(queries.count, keys.count)
        let gradient = scratch.matrix(queries.count, keys.count)
        Product.multiply(blockQ, blockK, transposeB: true, scale: scale, into: probability)
        if let disentangled {
          let scores = disentangled.bias(q: blockQ, k: blockK, queries: queries, in: scratch)
          softmax(probability, UnsafePointer(scores.base), stride: scores.stride)
        } else {
          softmax(
            probability, part.bias.map { $0.base + head * $0.headStride },
            stride: part.bias?.rowStride ?? 0)
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
