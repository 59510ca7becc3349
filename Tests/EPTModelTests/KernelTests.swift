import CEPTKernels
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Every instruction set's loops against the same arithmetic in Double.
@Suite struct KernelTests {
  /// The loops, or an end of the test that says which processor it wants.
  private func loops(_ set: InstructionSet) throws -> ept_kernels {
    guard let loops = set.loops else {
      try Test.cancel("this processor has no \(set.rawValue)")
    }
    return loops
  }

  /// Lengths around every vector width, and none.
  private static let counts = [0, 1, 3, 7, 8, 15, 16, 17, 33, 100, 1100]

  @Test(arguments: InstructionSet.allCases)
  func productsOfAllLayouts(_ set: InstructionSet) throws {
    let loops = try loops(set)
    var noise = Noise(1)
    let sizes = [
      (1, 1, 1), (3, 5, 2), (12, 32, 7), (13, 33, 65), (25, 31, 300), (4, 70, 0), (65, 65, 32),
      (37, 70, 600),
    ]
    for (m, n, k) in sizes {
      for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
        let (rowsA, columnsA) = transposeA ? (k, m) : (m, k)
        let (rowsB, columnsB) = transposeB ? (n, k) : (k, n)
        let (lda, ldb, ldc) = (columnsA + 3, columnsB + 1, n + 2)
        let a = noise.floats(rowsA * lda + 1)
        let b = noise.floats(rowsB * ldb + 1)
        let before = noise.floats(m * ldc)
        for beta in [Float(0), 1, -0.5] {
          var c = before
          // What beta 0 must not read.
          if beta == 0 { c = c.map { _ in .nan } }
          loops.product(
            transposeA, transposeB, Int64(m), Int64(n), Int64(k), 1.5, a, Int64(lda), b,
            Int64(ldb), beta, &c, Int64(ldc))
          for i in 0..<m {
            for j in 0..<ldc {
              var expected = Double(before[i * ldc + j])
              if j < n {
                var sum = 0.0
                for index in 0..<k {
                  let left = transposeA ? a[index * lda + i] : a[i * lda + index]
                  let right = transposeB ? b[j * ldb + index] : b[index * ldb + j]
                  sum += Double(left) * Double(right)
                }
                expected = 1.5 * sum + (beta == 0 ? 0 : Double(beta) * expected)
                #expect(
                  abs(Double(c[i * ldc + j]) - expected) < 1e-6 * Double(k + 4),
                  "[\(m), \(k)] · [\(k), \(n)] at \(i), \(j)")
              } else if beta != 0 {
                #expect(c[i * ldc + j] == before[i * ldc + j], "written beyond column \(n)")
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func geluAndItsSlope(_ set: InstructionSet) throws {
    let loops = try loops(set)
    let inputs = (-1200...1200).map { Float($0) / 100 } + [-40, 40, -1e4, 1e4]
    for count in Self.counts + [inputs.count] {
      let bias = (0..<count).map { Float($0 % 3) / 4 }
      var x = [Float](inputs.prefix(count))
      var slope = [Float](repeating: 0, count: count)
      loops.activate(EPT_ACTIVATION_GELU, &x, bias, &slope, 1, Int64(count))
      var withoutSlope = [Float](inputs.prefix(count))
      loops.activate(EPT_ACTIVATION_GELU, &withoutSlope, bias, nil, 1, Int64(count))
      #expect(withoutSlope == x)
      for index in 0..<count {
        let u = Double(inputs[index] + bias[index])
        let phi = 0.5 * erfc(-u / 2.0.squareRoot())
        let density = exp(-u * u / 2) / (2 * Double.pi).squareRoot()
        #expect(abs(Double(x[index]) - u * phi) < 1e-6 * max(1, abs(u * phi)), "gelu(\(u))")
        #expect(abs(Double(slope[index]) - (phi + u * density)) < 1e-6, "slope at \(u)")
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func gatedGELUAndItsDerivatives(_ set: InstructionSet) throws {
    let loops = try loops(set)
    let inputs = (-900...900).map { Float($0) / 100 } + [-50, 50, -300, 300]
    for count in Self.counts + [inputs.count] {
      var gate = [Float](inputs.prefix(count))
      var value = (0..<count).map { Float($0 % 5) - 2.5 }
      let values = value
      var out = [Float](repeating: 0, count: count)
      loops.gated(EPT_ACTIVATION_GELU_TANH, &gate, &value, &out, false, Int64(count))
      #expect(gate == [Float](inputs.prefix(count)) && value == values)
      loops.gated(EPT_ACTIVATION_GELU_TANH, &gate, &value, &out, true, Int64(count))
      for index in 0..<count {
        let u = Double(inputs[index])
        let w = Double(values[index])
        let factor = (2 / Double.pi).squareRoot()
        let t = tanh(factor * (u + 0.044715 * u * u * u))
        let gelu = 0.5 * u * (1 + t)
        let slope =
          0.5 * (1 + t) + 0.5 * u * (1 - t * t) * factor * (1 + 3 * 0.044715 * u * u)
        let bound = 2e-6 * max(1, abs(u * w))
        #expect(abs(Double(out[index]) - gelu * w) < bound, "gelu_new(\(u)) · \(w)")
        #expect(abs(Double(gate[index]) - slope * w) < 4e-6 * max(1, abs(w)), "slope at \(u)")
        #expect(abs(Double(value[index]) - gelu) < bound)
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func normsOfBothKinds(_ set: InstructionSet) throws {
    let loops = try loops(set)
    var noise = Noise(2)
    for columns in Self.counts.dropFirst() {
      for centered in [true, false] {
        let rows = 3
        let x = noise.floats(rows * columns, scale: 3)
        let residual = noise.floats(rows * columns)
        let (bias, gamma, beta) =
          (noise.floats(columns), noise.floats(columns), noise.floats(columns))
        var y = residual
        var normalized = [Float](repeating: 0, count: rows * columns)
        var inverse = [Float](repeating: 0, count: rows)
        // y takes the residual's place, as a layer's stream does.
        y.withUnsafeMutableBufferPointer { y in
          guard let base = y.baseAddress else { return }
          loops.norm(
            x, centered ? bias : nil, base, gamma, centered ? beta : nil, 1e-3, centered,
            Int64(rows), Int64(columns), base, &normalized, &inverse)
        }
        for row in 0..<rows {
          let range = row * columns..<(row + 1) * columns
          let sums = range.map { index in
            Double(x[index]) + Double(residual[index])
              + (centered ? Double(bias[index % columns]) : 0)
          }
          let mean = centered ? sums.reduce(0, +) / Double(columns) : 0
          let variance =
            sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
          let factor = 1 / (variance + 1e-3).squareRoot()
          #expect(abs(Double(inverse[row]) - factor) < 1e-5 * factor)
          for (column, sum) in sums.enumerated() {
            let n = (sum - mean) * factor
            let expected = n * Double(gamma[column]) + (centered ? Double(beta[column]) : 0)
            #expect(abs(Double(normalized[row * columns + column]) - n) < 1e-5)
            #expect(abs(Double(y[row * columns + column]) - expected) < 1e-5)
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func softmaxWithBiasAndItsBackward(_ set: InstructionSet) throws {
    let loops = try loops(set)
    var noise = Noise(3)
    for columns in Self.counts.dropFirst() {
      let rows = 4
      let stride = columns + 2
      let scores = noise.floats(rows * stride, scale: 30)
      // A table of relative distances: each row's window starts one place earlier.
      var bias = noise.floats(rows + columns, scale: 5)
      if columns > 3 { bias[columns - 1] = -.infinity }
      var probability = scores
      bias.withUnsafeBufferPointer { bias in
        guard let base = bias.baseAddress else { return }
        loops.softmax(
          &probability, Int64(stride), base + (rows - 1), -1, Int64(rows), Int64(columns))
      }
      let weights = noise.floats(rows * stride)
      var gradient = weights
      loops.softmax_backward(
        probability, &gradient, Int64(stride), Int64(rows), Int64(columns))
      for row in 0..<rows {
        let sums = (0..<columns).map {
          Double(scores[row * stride + $0]) + Double(bias[rows - 1 - row + $0])
        }
        let most = sums.max() ?? 0
        let exponentials = sums.map { exp($0 - most) }
        let total = exponentials.reduce(0, +)
        let mean = (0..<columns).reduce(0.0) {
          $0 + exponentials[$1] / total * Double(weights[row * stride + $1])
        }
        for column in 0..<columns {
          let index = row * stride + column
          let p = exponentials[column] / total
          #expect(abs(Double(probability[index]) - p) < 3e-6)
          if p == 0 { #expect(probability[index] == 0) }
          #expect(abs(Double(gradient[index]) - p * (Double(weights[index]) - mean)) < 3e-6)
        }
        #expect(probability[row * stride + columns] == scores[row * stride + columns])
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func simpleLoops(_ set: InstructionSet) throws {
    let loops = try loops(set)
    var noise = Noise(4)
    for count in Self.counts {
      let (x, y) = (noise.floats(count), noise.floats(count))
      let length = Int64(count)
      var sum = x
      loops.add_scaled(&sum, y, -2, length)
      #expect(largestDifference(sum, zip(x, y).map { Double($0) - 2 * Double($1) }) < 1e-6)
      var product = x
      loops.multiply(&product, x, y, length)
      #expect(largestDifference(product, zip(x, y).map { Double($0) * Double($1) }) < 1e-6)
      #expect(abs(Double(loops.dot(x, y, length)) - weightedSum(x, y)) < 1e-5)
      var rectified = x
      loops.relu(&rectified, length)
      #expect(rectified == x.map { max($0, 0) })
      let words = (count + 511) / 512 * 16
      var alive = [Int32](repeating: -1, count: 2 * words)
      var kept = x + y
      loops.relu_keeping(&kept, &alive, 2, length)
      #expect(kept == (x + y).map { max($0, 0) })
      var gradient = y + x
      loops.relu_backward(&gradient, alive, 2, length)
      #expect(gradient == zip(x + y, y + x).map { $0 > 0 ? $1 : 0 })
      var biased = x + x
      loops.add_bias(&biased, y, 2, length)
      let once = zip(x, y).map { Double($0) + Double($1) }
      #expect(largestDifference(biased, once + once) < 1e-6)
      guard count > 0 else { continue }
      #expect(loops.maximum(x, length) == x.max())
      var exponentials = x.map { 40 * $0 }
      let expected = exponentials.map { exp(Double($0) - 40) }
      let total = loops.exp_sum(&exponentials, 40, length)
      #expect(relativeError(exponentials, expected) < 4e-6)
      #expect(abs(Double(total) / expected.reduce(0, +) - 1) < 1e-5)
    }
  }
}
