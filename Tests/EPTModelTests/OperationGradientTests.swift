import EPTFormat
import Foundation
import Testing

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

  @Test(arguments: [true, false])
  func norm(isCentered: Bool) {
    var noise = Noise(11)
    let norm = Norm(
      scale: vector(noise.floats(21)), shift: isCentered ? vector(noise.floats(21)) : nil,
      epsilon: 1e-5)
    let x = noise.matrix(4, 21)
    let weights = noise.matrix(4, 21)
    let arena = workspace.arena
    let kept = Norm.Kept(rows: 6, columns: 21, in: arena)
    func evaluate(_ values: [Float]) -> [Float] {
      let x = arena.copy(Matrix(rows: 4, columns: 21, values: values))
      norm(x, into: x, keeping: kept, rows: 2..<6)
      return x.matrix().values
    }
    let expected = centralDifferences(x.values) { weightedSum(evaluate($0), weights.values) }
    _ = evaluate(x.values)
    let gradient = arena.copy(weights)
    norm.backward(gradient, kept: kept, rows: 2..<6, into: gradient)
    #expect(relativeError(gradient.matrix().values, expected) < 2e-5)
    norm.backward(arena.copy(weights), kept: kept, rows: 2..<6, adding: true, into: gradient)
    #expect(relativeError(gradient.matrix().values, expected.map { 2 * $0 }) < 2e-5)
  }

  /// One long text crosses the blocks of queries; a text of one row has nothing to attend to.
  @Test(arguments: [[0, 3, 4, 9], [0, 150]], [true, false])
  func attention(starts: [Int], hasBias: Bool) {
    var noise = Noise(12)
    let attention = Attention(heads: 2, headWidth: 3, scale: 0.7)
    let rows = starts[starts.count - 1]
    let arena = workspace.arena
    let longest = zip(starts.dropFirst(), starts).map { $0 - $1 }.max() ?? 0
    let bias = RelativeBias(
      weight: weight(noise.matrix(8, 2)), maximumDistance: 20, isBidirectional: true
    ).table(length: longest, in: arena)
    let biases = hasBias ? [AttentionBias](repeating: bias, count: starts.count - 1) : nil
    let qkv = noise.floats(3 * rows * 6, scale: 1.5)
    let weights = noise.matrix(rows, 6)
    func cut(_ values: [Float]) -> [MatrixView] {
      (0..<3).map { part in
        let range = part * rows * 6..<(part + 1) * rows * 6
        return arena.copy(Matrix(rows: rows, columns: 6, values: [Float](values[range])))
      }
    }
    func loss(_ values: [Float]) -> Double {
      arena.temporary {
        let parts = cut(values)
        let output = arena.matrix(rows, 6)
        attention.forward(
          q: parts[0], k: parts[1], v: parts[2], into: output, starts: starts, biases: biases,
          workspace)
        return weightedSum(output.matrix().values, weights.values)
      }
    }
    let parts = cut(qkv)
    let gradients = cut(qkv.map { _ in .nan })
    attention.backward(
      arena.copy(weights), q: parts[0], k: parts[1], v: parts[2],
      into: (gradients[0], gradients[1], gradients[2]), starts: starts, biases: biases, workspace)
    // A long text's gradient is checked at a few places, each of which costs four passes.
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

  @Test func pooledHead() {
    var noise = Noise(13)
    let arena = workspace.arena
    let batch = TokenBatch([text([1, 2, 3]), text([4])])
    let layout = JoinedLayout(batch, promptLengths: [Int](repeating: 2, count: batch.count))
    let head = LinearHead(weight: noise.matrix(3, 5), bias: noise.floats(3))
    let states = noise.matrix(layout.rows, 5)
    func loss(_ states: [Float], _ head: LinearHead) -> Double {
      let pooled = PooledHead.pool(
        arena.copy(Matrix(rows: layout.rows, columns: 5, values: states)), layout,
        of: 0..<layout.count,
        in: arena)
      let logits = PooledHead(head, in: arena).logits(pooled, in: arena).matrix()
      return [2, 0].enumerated().reduce(0.0) { loss, item in
        let row = logits.values[item.offset * 3..<item.offset * 3 + 3].map { Double($0) }
        return loss + (log(row.map(exp).reduce(0, +)) - row[item.element]) / 2
      }
    }
    let stateGradient = arena.zeros(layout.rows, 5)
    let result = PooledHead(head, in: arena).loss(
      states: arena.copy(states), labels: [2, 0], stateGradient: stateGradient, layout, in: arena)
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
    let normalizers = vocabulary.logNormalizers(
      workspace.arena.copy(states), expectation: expectation, workspace)
    let without = vocabulary.logNormalizers(
      workspace.arena.copy(states), expectation: nil, workspace)
    #expect(normalizers == without)
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
      #expect(abs(Double(normalizers[row]) - log(total)) < 1e-5)
      let actual = [Float](UnsafeBufferPointer(start: expectation.row(row), count: 6))
      #expect(largestDifference(actual, sums.map { $0 / total }) < 1e-5)
    }
  }
}
