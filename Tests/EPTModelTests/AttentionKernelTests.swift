import CEPTKernels
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Every instruction set's attention against the same arithmetic in Double.
@Suite struct AttentionKernelTests {
  /// What is added to the scores.
  enum Bias: CaseIterable {
    case none
    /// One row of numbers a head, by the distance of key and query.
    case distances
    /// A whole matrix a head, which hides some keys from some queries.
    case matrix
  }

  /// What factors are rounded to before they are multiplied.
  enum Rounding: CaseIterable {
    case binary32
    case bfloat16

    /// A number of the matrices.
    func callAsFunction(_ x: Float) -> Double {
      switch self {
      case .binary32: return Double(x)
      case .bfloat16:
        let bits = x.bitPattern
        return Double(Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000))
      }
    }

    /// The largest error of outputs that are means of numbers up to 1: exponentials are rounded.
    var bound: Double { self == .binary32 ? 2e-5 : 0x1p-8 }
  }

  /// The loops, or an end of the test that says which processor it wants.
  private func loops(_ set: InstructionSet, _ rounding: Rounding) throws -> ept_attention_kernels {
    let loops =
      rounding == .binary32 ? set.loops?.attention : set.bfloat16Attention
    guard let loops else {
      try Test.cancel("this processor has no \(set.rawValue) for \(rounding)")
    }
    return loops
  }

  private struct Sizes {
    let queries: Int
    let keys: Int
    let heads: Int
    let width: Int
    /// Heads of queries that share a head of keys and values.
    var group = 1
  }

  /// Around the sizes of every set's blocks, and BERT's and T5's widths of a head.
  private static let sizes = [
    Sizes(queries: 1, keys: 1, heads: 1, width: 1), Sizes(queries: 3, keys: 5, heads: 2, width: 7),
    Sizes(queries: 9, keys: 9, heads: 3, width: 12),
    Sizes(queries: 16, keys: 16, heads: 2, width: 16),
    Sizes(queries: 17, keys: 31, heads: 2, width: 32),
    Sizes(queries: 33, keys: 26, heads: 1, width: 64),
    Sizes(queries: 85, keys: 85, heads: 2, width: 40),
    Sizes(queries: 20, keys: 33, heads: 6, width: 12, group: 3),
    Sizes(queries: 5, keys: 7, heads: 4, width: 32, group: 4),
    Sizes(queries: 2, keys: 0, heads: 1, width: 8),
    Sizes(queries: 0, keys: 4, heads: 1, width: 8),
  ]

  /// The bias of `head`, query `i` and key `j`, where it lies in `numbers`.
  private func place(_ bias: Bias, _ sizes: Sizes, head: Int, _ i: Int, _ j: Int) -> Int {
    switch bias {
    case .none: 0
    case .distances: head * (sizes.queries + sizes.keys) + sizes.queries - 1 - i + j
    case .matrix: (head * sizes.queries + i) * sizes.keys + j
    }
  }

  @Test(arguments: InstructionSet.allCases, Bias.allCases)
  func inBinary32(_ set: InstructionSet, _ bias: Bias) throws {
    try compare(try loops(set, .binary32), .binary32, bias)
  }

  /// No set but AVX-512 has instructions for it.
  @Test(arguments: Bias.allCases)
  func inBFloat16(_ bias: Bias) throws {
    try compare(try loops(.avx512, .bfloat16), .bfloat16, bias)
  }

  @Test(arguments: Rounding.allCases)
  func whatIsNoNumberStaysNone(_ rounding: Rounding) throws {
    let loops = try loops(.avx512, rounding)
    let sizes = Sizes(queries: 3, keys: 3, heads: 1, width: 8)
    let numbers = [Float](repeating: 0.5, count: 25)
    let nan = [Float](repeating: .nan, count: 25)
    for (q, k, v) in [(nan, numbers, numbers), (numbers, nan, numbers), (numbers, numbers, nan)] {
      var out = numbers
      var scratch = [Float](repeating: 0, count: Int(loops.scratch(3, 8)))
      run(loops, sizes, 8, q, k, v, .none, numbers, into: &out, &scratch)
      #expect(out.prefix(24).allSatisfy { $0.isNaN })
    }
  }

  private func compare(
    _ loops: ept_attention_kernels, _ rounded: Rounding, _ bias: Bias
  ) throws {
    var noise = Noise(5)
    for sizes in Self.sizes {
      let width = sizes.heads * sizes.width
      let stride = width + 3
      let q = noise.floats(sizes.queries * stride + 1, scale: 3)
      let k = noise.floats(sizes.keys * stride + 1, scale: 3)
      let v = noise.floats(sizes.keys * stride + 1)
      var numbers = noise.floats(
        1 + sizes.heads * max(sizes.queries * sizes.keys, sizes.queries + sizes.keys), scale: 4)
      if bias == .matrix {
        for i in 0..<sizes.queries {
          for j in 0..<sizes.keys where j > i {
            numbers[place(bias, sizes, head: 0, i, j)] = -.infinity
          }
        }
      }
      let before = noise.floats(sizes.queries * stride + 1)
      var out = before
      let room = Int(loops.scratch(Int64(sizes.keys), Int64(sizes.width)))
      // Numbers behind the room that was asked for must stay.
      var scratch = [Float](repeating: 7, count: room + 64)
      run(loops, sizes, stride, q, k, v, bias, numbers, into: &out, &scratch)
      #expect(scratch.suffix(64).allSatisfy { $0 == 7 })
      guard sizes.keys > 0 else {
        #expect(out == before)
        continue
      }
      for i in 0..<sizes.queries {
        for column in width..<stride {
          #expect(out[i * stride + column] == before[i * stride + column])
        }
        for head in 0..<sizes.heads {
          let scores = (0..<sizes.keys).map { j in
            (0..<sizes.width).reduce(0.0) { sum, column in
              let (query, key) = (head * sizes.width, head / sizes.group * sizes.width)
              return sum
                + rounded(0.75 * q[i * stride + query + column])
                * rounded(k[j * stride + key + column])
            } + (bias == .none ? 0 : Double(numbers[place(bias, sizes, head: head, i, j)]))
          }
          let most = scores.max() ?? 0
          let weights = scores.map { exp($0 - most) }
          let total = weights.reduce(0, +)
          let key = head / sizes.group * sizes.width
          for column in head * sizes.width..<(head + 1) * sizes.width {
            let expected =
              weights.indices.reduce(0.0) {
                $0 + weights[$1] * rounded(v[$1 * stride + key + column - head * sizes.width])
              } / total
            #expect(
              abs(Double(out[i * stride + column]) - expected) < rounded.bound,
              "\(sizes), query \(i), column \(column)")
          }
        }
      }
    }
  }

  private func run(
    _ loops: ept_attention_kernels, _ sizes: Sizes, _ stride: Int, _ q: [Float], _ k: [Float],
    _ v: [Float],
    _ bias: Bias, _ numbers: [Float], into out: inout [Float], _ scratch: inout [Float]
  ) {
    q.withUnsafeBufferPointer { q in
      k.withUnsafeBufferPointer { k in
        v.withUnsafeBufferPointer { v in
          numbers.withUnsafeBufferPointer { numbers in
            out.withUnsafeMutableBufferPointer { out in
              guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
                let numbers = numbers.baseAddress, let out = out.baseAddress
              else { return }
              let start = sizes.queries > 0 ? place(bias, sizes, head: 0, 0, 0) : 0
              var attention = ept_attention(
                queries: Int64(sizes.queries), keys: Int64(sizes.keys), first_head: 0,
                last_head: Int64(sizes.heads), width: Int64(sizes.width), scale: 0.75, q: q,
                ld: Int64(stride), k: k, v: v, ld_keys: Int64(stride), group: Int64(sizes.group),
                bias: bias == .none ? nil : numbers + start,
                bias_head_stride: Int64(
                  bias == .distances
                    ? sizes.queries + sizes.keys : sizes.queries * sizes.keys),
                bias_stride: bias == .distances ? -1 : Int64(sizes.keys), out: out,
                ld_out: Int64(stride))
              loops.attend(&attention, &scratch)
            }
          }
        }
      }
    }
  }
}
