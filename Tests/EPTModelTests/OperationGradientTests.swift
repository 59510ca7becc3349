import EPTFormat
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Each operation's input gradient against central differences.
@Suite struct OperationGradientTests {
  private let workspace = Workspace(threads: 2)

  private func weight(_ matrix: Matrix) -> WeightMatrix {
    WeightMatrix(
      storage: WeightStorage(matrix.values), rows: matrix.rows, columns: matrix.columns)
  }

  private func vector(_ values: [Float]) -> WeightVector {
    WeightVector(storage: WeightStorage(values))
  }

  @Test func linear() throws {
    var noise = Noise(10)
    let layer = Linear(weight(noise.matrix(7, 5)), bias: vector(noise.floats(7)))
    let x = noise.matrix(3, 5)
    let weights = noise.matrix(3, 7)
    let expected = centralDifferences(x.values) { values in
      let y = workspace.arena.matrix(3, 7)
      let x = workspace.arena.copy(Matrix(rows: 3, columns: 5, values: values))
      layer.multiply(
        layer.input(x, in: workspace.arena), hasBias: true, into: y, workspace)
      return weightedSum(y.matrix().values, weights.values)
    }
    let gradient = workspace.arena.matrix(3, 5)
    layer.backward(
      workspace.arena.copy(weights), into: gradient, in: workspace.arena, workspace)
    #expect(relativeError(gradient.matrix().values, expected) < 1e-5)
    layer.backward(
      workspace.arena.copy(weights), adding: true, into: gradient, in: workspace.arena, workspace)
    #expect(relativeError(gradient.matrix().values, expected.map { 2 * $0 }) < 1e-5)
  }

  @Test(arguments: [true, false], [true, false])
  func norm(isCentered: Bool, hasShift: Bool) {
    var noise = Noise(11)
    let norm = Norm(
      scale: vector(noise.floats(21)), shift: hasShift ? vector(noise.floats(21)) : nil,
      epsilon: 1e-5, isCentered: isCentered)
    let x = noise.matrix(4, 21)
    let weights = noise.matrix(4, 21)
    let arena = workspace.arena
    let saved = Norm.Saved(rows: 6, columns: 21, in: arena)
    func evaluate(_ values: [Float]) -> [Float] {
      let x = arena.copy(Matrix(rows: 4, columns: 21, values: values))
      norm(x, into: x, saving: saved, rows: 2..<6)
      return x.matrix().values
    }
    let expected = centralDifferences(x.values) { weightedSum(evaluate($0), weights.values) }
    _ = evaluate(x.values)
    let gradient = arena.copy(weights)
    norm.backward(gradient, saved: saved, rows: 2..<6, into: gradient)
    #expect(relativeError(gradient.matrix().values, expected) < 2e-5)
    norm.backward(arena.copy(weights), saved: saved, rows: 2..<6, adding: true, into: gradient)
    #expect(relativeError(gradient.matrix().values, expected.map { 2 * $0 }) < 2e-5)
  }

  /// One long text crosses the blocks of queries; a text of one row has nothing to attend to.
  @Test(
    arguments: [[0, 3, 4, 9], [0, 150]],
    [
      (true, AttentionMask.full), (false, .full), (true, .window(radius: 2)),
      (false, .window(radius: 2)), (true, .window(radius: 70)), (false, .window(radius: 70)),
      (true, .causal), (false, .causal),
    ])
  func attention(starts: [Int], kind: (hasBias: Bool, mask: AttentionMask)) {
    let (hasBias, mask) = kind
    var noise = Noise(12)
    let attention = Attention(heads: 2, headWidth: 3, scale: 0.7, mask: mask)
    let arena = workspace.arena
    let longest = zip(starts.dropFirst(), starts).map { $0 - $1 }.max() ?? 0
    let relative = RelativeBias(
      weight: weight(noise.matrix(8, 2)), maximumDistance: 20, isBidirectional: true)
    let table = mask.table(keys: longest, over: hasBias ? relative : nil, in: arena)
    func bias(_ text: Int) -> Attention.Bias { table.map { .fixed($0) } ?? .none }
    checkGradient(
      starts: starts, headColumns: 6, seed: &noise,
      forward: {
        attention.forward(
          q: $0, k: $1, v: $2, into: $3, starts: starts, keyStarts: starts, bias: bias, workspace)
      },
      backward: {
        attention.backward(
          $0, q: $1, k: $2, v: $3, into: $4, starts: starts, bias: bias, workspace)
      })
  }

  /// Heads of queries that share a head of keys and values: its gradient is the sum of theirs.
  @Test(arguments: [AttentionMask.full, .causal])
  func sharedHeads(mask: AttentionMask) {
    var noise = Noise(18)
    let attention = Attention(heads: 4, keyHeads: 2, headWidth: 3, scale: 0.7, mask: mask)
    let starts = [0, 3, 4, 9]
    let table = mask.table(keys: 5, over: nil, in: workspace.arena)
    func bias(_ text: Int) -> Attention.Bias { table.map { .fixed($0) } ?? .none }
    checkGradient(
      starts: starts, headColumns: 12, keyColumns: 6, seed: &noise,
      forward: {
        attention.forward(
          q: $0, k: $1, v: $2, into: $3, starts: starts, keyStarts: starts, bias: bias, workspace)
      },
      backward: {
        attention.backward(
          $0, q: $1, k: $2, v: $3, into: $4, starts: starts, bias: bias, workspace)
      })
  }

  /// A row sees itself and the rows before it, and of a tree behind a text the text and the rows that
  /// it follows.
  @Test func causalMasksHideKeys() {
    var noise = Noise(19)
    let arena = workspace.arena
    var tree = TokenTree()
    let first = tree.append(after: 0)
    let second = tree.append(after: 0)
    _ = tree.append(after: second)
    // 100 rows of the past, 130 of the text, 3 of the tree; another text is longer.
    let (past, own, behind) = (100, 130, 3)
    let (queries, keys) = (own + behind, past + own + behind)
    let (q, k, v) = (noise.matrix(queries, 4), noise.matrix(keys, 4), noise.matrix(keys, 4))
    let causal = Attention(heads: 2, headWidth: 2, scale: 1, mask: .causal)
    let table = causal.mask.table(keys: keys + 7, over: nil, in: arena)
    let trailing = TrailingBias(tree, keys: keys + 7, in: arena)
    let output = arena.matrix(queries, 4)
    causal.forward(
      q: arena.copy(q), k: arena.copy(k), v: arena.copy(v), into: output, starts: [0, queries],
      keyStarts: [0, keys], bias: { _ in .fixed(table, trailing: trailing) }, workspace)
    let text = Array(0..<past + own)
    let seen: [(query: Int, keys: [Int])] =
      [0, 1, 63, 64, 129].map { ($0, Array(0...past + $0)) }
      + [
        (own + first - 1, text + [past + own]), (own + second - 1, text + [past + own + 1]),
        (own + 2, text + [past + own + 1, past + own + 2]),
      ]
    let full = Attention(heads: 2, headWidth: 2, scale: 1)
    func rows(_ matrix: Matrix, _ rows: [Int]) -> MatrixView {
      arena.copy(
        Matrix(
          rows: rows.count, columns: 4,
          values: rows.flatMap { matrix.values[4 * $0..<4 * $0 + 4] }))
    }
    for (query, keys) in seen {
      let alone = arena.matrix(1, 4)
      full.attend(
        q: rows(q, [query]), k: rows(k, keys), v: rows(v, keys), into: alone, in: arena)
      let row = [Float](UnsafeBufferPointer(start: output.row(query), count: 4))
      #expect(largestDifference(row, alone.matrix().values.map(Double.init)) < 1e-5, "\(query)")
    }
  }

  /// What hides keys hides them: a query's output is that of its window alone.
  @Test func windowsHideKeys() {
    var noise = Noise(15)
    let arena = workspace.arena
    let (length, radius) = (200, 5)
    let (q, k, v) = (noise.matrix(length, 4), noise.matrix(length, 4), noise.matrix(length, 4))
    let windowed = Attention(heads: 2, headWidth: 2, scale: 1, mask: .window(radius: radius))
    let table = windowed.mask.table(keys: length, over: nil, in: arena)
    let output = arena.matrix(length, 4)
    windowed.forward(
      q: arena.copy(q), k: arena.copy(k), v: arena.copy(v), into: output, starts: [0, length],
      keyStarts: [0, length], bias: { _ in table.map { .fixed($0) } ?? .none }, workspace)
    let full = Attention(heads: 2, headWidth: 2, scale: 1)
    for query in [0, 3, 63, 64, 130, 199] {
      let seen = max(0, query - radius)..<min(length, query + radius + 1)
      let alone = arena.matrix(1, 4)
      full.attend(
        q: arena.copy(q).rows(query..<query + 1), k: arena.copy(k).rows(seen),
        v: arena.copy(v).rows(seen), into: alone, in: arena)
      let row = [Float](UnsafeBufferPointer(start: output.row(query), count: 4))
      #expect(largestDifference(row, alone.matrix().values.map(Double.init)) < 1e-5)
    }
  }

  @Test(arguments: [false, true])
  func disentangledAttention(isLogarithmic: Bool) {
    var noise = Noise(16)
    let starts = [0, 3, 4, 15]
    let query = Linear(weight(noise.matrix(6, 5)), bias: vector(noise.floats(6)))
    let key = Linear(weight(noise.matrix(6, 5)), bias: vector(noise.floats(6)))
    let positions = DisentangledBias(
      table: Embedding(weight(noise.matrix(8, 5))), norm: nil, span: 4, maximumDistance: 10,
      isLogarithmic: isLogarithmic)
    let attention = Attention(heads: 2, headWidth: 3, scale: 0.7)
    func bias(_ text: Int) -> Attention.Bias {
      .disentangled { length, head in
        positions.head(
          query: query, key: key, length: length, columns: attention.columns(head), scale: 0.7)
      }
    }
    checkGradient(
      starts: starts, headColumns: 6, seed: &noise,
      forward: {
        attention.forward(
          q: $0, k: $1, v: $2, into: $3, starts: starts, keyStarts: starts, bias: bias, workspace)
      },
      backward: {
        attention.backward(
          $0, q: $1, k: $2, v: $3, into: $4, starts: starts, bias: bias, workspace)
      })
  }

  /// Holds an attention's gradient to central differences; a long text's at a few places, each of
  /// which costs four passes.
  private func checkGradient(
    starts: [Int], headColumns columns: Int, keyColumns: Int? = nil, seed noise: inout Noise,
    forward: (MatrixView, MatrixView, MatrixView, MatrixView) -> Void,
    backward: (
      MatrixView, MatrixView, MatrixView, MatrixView, (q: MatrixView, k: MatrixView, v: MatrixView)
    ) -> Void
  ) {
    let arena = workspace.arena
    let rows = starts[starts.count - 1]
    let widths = [columns, keyColumns ?? columns, keyColumns ?? columns]
    let qkv = noise.floats(widths.reduce(0) { $0 + $1 * rows }, scale: 1.5)
    let weights = noise.matrix(rows, columns)
    func cut(_ values: [Float]) -> [MatrixView] {
      (0..<3).map { part in
        let first = widths.prefix(part).reduce(0) { $0 + $1 * rows }
        return arena.copy(
          Matrix(
            rows: rows, columns: widths[part],
            values: [Float](values[first..<first + rows * widths[part]])))
      }
    }
    func loss(_ values: [Float]) -> Double {
      arena.temporary {
        let parts = cut(values)
        let output = arena.matrix(rows, columns)
        forward(parts[0], parts[1], parts[2], output)
        return weightedSum(output.matrix().values, weights.values)
      }
    }
    let parts = cut(qkv)
    let gradients = cut(qkv.map { _ in .nan })
    backward(
      arena.copy(weights), parts[0], parts[1], parts[2],
      (gradients[0], gradients[1], gradients[2]))
    let actual = gradients.flatMap { $0.matrix().values }
    let places = rows < 20 ? [Int](actual.indices) : [5, 777, 895, 900, 1300, 1795, 1801, 2600]
    let expected = centralDifferences(places.map { qkv[$0] }) { some in
      var values = qkv
      for (place, value) in zip(places, some) { values[place] = value }
      return loss(values)
    }
    let scale = expected.reduce(0) { max($0, abs($1)) }
    #expect(largestDifference(places.map { actual[$0] }, expected) < 1e-4 * max(1, scale))
  }

  /// Turned back by the same angles, rows are what they were: so the inverse is the gradient.
  @Test func rotationsAreUndone() {
    var noise = Noise(17)
    let arena = workspace.arena
    let x = noise.matrix(5, 12)
    let positions = arena.words(5)
    for row in 0..<5 { positions[row] = Int32(4 - row) }
    let table = Rotary(base: 100, headWidth: 6).table(0..<5, indices: positions, in: arena)
    let rows = arena.copy(x)
    table.rotate(rows, rows: 0..<5)
    for (row, position) in [(0, 4), (3, 1), (4, 0)] {
      for head in 0..<2 {
        for index in 0..<3 {
          let angle = Double(position) * pow(100, -Double(2 * index) / 6)
          let a = Double(x.values[row * 12 + head * 6 + index])
          let b = Double(x.values[row * 12 + head * 6 + index + 3])
          #expect(
            abs(Double(rows.row(row)[head * 6 + index]) - (a * cos(angle) - b * sin(angle))) < 1e-5)
          #expect(
            abs(Double(rows.row(row)[head * 6 + index + 3]) - (b * cos(angle) + a * sin(angle)))
              < 1e-5)
        }
      }
    }
    table.rotate(rows, rows: 0..<5, inverse: true)
    #expect(largestDifference(rows.matrix().values, x.values.map(Double.init)) < 1e-6)
  }

  /// Every activation, plain and gated, with a bias and without.
  @Test(
    arguments: [Activation.relu, .gelu, .geluTanh, .silu],
    [(true, true), (true, false), (false, true), (false, false)])
  func feedForward(activation: Activation, kind: (isGated: Bool, hasBias: Bool)) {
    let (isGated, hasBias) = kind
    var noise = Noise(18)
    func linear(_ outputs: Int, _ inputs: Int) -> Linear {
      Linear(
        weight(noise.matrix(outputs, inputs)), bias: hasBias ? vector(noise.floats(outputs)) : nil)
    }
    let layer = FeedForward(
      up: linear(21, 5), gate: isGated ? linear(21, 5) : nil, down: linear(5, 21),
      activation: activation)
    let arena = workspace.arena
    let x = noise.matrix(3, 5)
    let weights = noise.matrix(3, 5)
    func evaluate(_ values: [Float], saving saved: FeedForward.Saved?) -> [Float] {
      let input = layer.up.input(
        arena.copy(Matrix(rows: 3, columns: 5, values: values)), in: arena)
      let hidden = layer.hidden(input, saving: saved, rows: 0..<3, in: arena, workspace)
      let y = arena.matrix(3, 5)
      layer.down.multiply(layer.down.input(hidden, in: arena), into: y, workspace)
      return y.matrix().values
    }
    let saved = layer.room(3, in: arena)
    let output = evaluate(x.values, saving: saved)
    #expect(largestDifference(output, evaluate(x.values, saving: nil).map(Double.init)) < 1e-5)
    let gradient = arena.copy(x)
    layer.backward(
      arena.copy(weights), saved: saved, rows: 0..<3, adding: true, into: gradient, in: arena,
      workspace)
    // A step small enough for ReLU's kinks to be stepped over seldom.
    let expected = centralDifferences(x.values, step: activation == .relu ? 1e-3 : 0.03) {
      weightedSum(evaluate($0, saving: nil), weights.values)
    }
    let sum = zip(expected, x.values).map { $0 + Double($1) }
    #expect(
      relativeError(gradient.matrix().values, sum) < (activation == .relu ? 2e-3 : 2e-5))
  }

  @Test func pooledHead() {
    var noise = Noise(13)
    let arena = workspace.arena
    let batch = TokenBatch([text([1, 2, 3]), text([4])])
    let layout = TokenLayout(batch, promptLengths: [Int](repeating: 2, count: batch.count))
    let head = LinearHead(weight: noise.matrix(3, 5), bias: noise.floats(3))
    let states = noise.matrix(layout.rows, 5)
    let weights: [Float] = [0.5, 3]
    func loss(_ states: [Float], _ head: LinearHead) -> Double {
      let pooled = PooledHead.pool(
        arena.copy(Matrix(rows: layout.rows, columns: 5, values: states)), layout,
        of: 0..<layout.count,
        in: arena)
      let logits = PooledHead(head, in: arena).logits(pooled, in: arena).matrix()
      return [2, 0].enumerated().reduce(0.0) { loss, item in
        let row = logits.values[item.offset * 3..<item.offset * 3 + 3].map { Double($0) }
        let entropy = log(row.map(exp).reduce(0, +)) - row[item.element]
        return loss + Double(weights[item.offset]) * entropy / 2
      }
    }
    let stateGradient = arena.zeros(layout.rows, 5)
    let result = PooledHead(head, in: arena).loss(
      states: arena.copy(states), targets: [.label(2), .label(0)], weights: weights,
      stateGradient: stateGradient,
      layout, in: arena)
    #expect(abs(Double(result.loss) - loss(states.values, head)) < 1e-6)
    let byStates = centralDifferences(states.values) { loss($0, head) }
    #expect(relativeError(stateGradient.matrix().values, byStates) < 2e-5)
    let byWeight = centralDifferences(head.weight.values) { values in
      loss(
        states.values,
        LinearHead(weight: Matrix(rows: 3, columns: 5, values: values), bias: head.bias))
    }
    #expect(relativeError(result.gradient.weight.values, byWeight) < 2e-5)
    let byBias = centralDifferences(head.bias) { values in
      loss(states.values, LinearHead(weight: head.weight, bias: values))
    }
    #expect(relativeError(result.gradient.bias, byBias) < 2e-5)
  }

  /// More tokens than a chunk of the vocabulary, more rows than a block of rows.
  @Test func outputVocabulary() throws {
    var noise = Noise(14)
    let table = noise.matrix(5000, 6)
    let vocabulary = OutputVocabulary(
      weight: Embedding(weight(table)), scale: 1.7, precision: nil)
    let states = noise.matrix(70, 6, scale: 2)
    let expectation = workspace.arena.matrix(70, 6)
    let logSumExp = vocabulary.logSumExp(
      workspace.arena.copy(states), expectation: expectation, workspace)
    let without = vocabulary.logSumExp(
      workspace.arena.copy(states), expectation: nil, workspace)
    #expect(logSumExp == without)
    for row in [0, 63, 64, 69] {
      let state = states.values[row * 6..<(row + 1) * 6].map { Double($0) }
      var total = 0.0
      var sums = [Double](repeating: 0, count: 6)
      for token in 0..<5000 {
        let weights = table.values[token * 6..<(token + 1) * 6].map { 1.7 * Double($0) }
        let e = exp(zip(state, weights).reduce(0) { $0 + $1.0 * $1.1 })
        total += e
        for column in 0..<6 { sums[column] += e * weights[column] }
      }
      #expect(abs(Double(logSumExp[row]) - log(total)) < 1e-5)
      let actual = [Float](UnsafeBufferPointer(start: expectation.row(row), count: 6))
      #expect(largestDifference(actual, sums.map { $0 / total }) < 1e-5)
    }
  }
}
