import CEPTKernels
import Foundation
import Testing

@testable import EPTCompute

/// The loop of the gated projection, by instruction set, against the same arithmetic in Double.
@Suite struct GatedProjectionTests {
  private struct Sizes {
    let rows: Int
    let columns: Int
    let subspaces: Int
    let width: Int
  }

  /// Rows around a tile, columns around a vector, vectors around a block of registers.
  private static let sizes = [
    Sizes(rows: 1, columns: 384, subspaces: 4, width: 1),
    Sizes(rows: 20, columns: 64, subspaces: 4, width: 1),
    Sizes(rows: 33, columns: 37, subspaces: 3, width: 2),
    Sizes(rows: 15, columns: 16, subspaces: 1, width: 4),
    Sizes(rows: 17, columns: 5, subspaces: 1, width: 1),
    Sizes(rows: 16, columns: 100, subspaces: 2, width: 7),
    Sizes(rows: 9, columns: 33, subspaces: 9, width: 1),
  ]

  /// The projection of one row, its products with `down`, and its gate.
  private func expected(
    _ h: ArraySlice<Float>, _ size: Sizes, _ down: [Float], _ up: [Float], _ gate: [Float]
  ) -> (row: [Double], inner: [Double], weights: [Double]) {
    let h = h.map(Double.init)
    func products(_ vectors: [Float], _ count: Int) -> [Double] {
      (0..<count).map { vector in
        h.indices.reduce(0.0) { $0 + h[$1] * Double(vectors[vector * size.columns + $1]) }
      }
    }
    let inner = products(down, size.subspaces * size.width)
    let scores = products(gate, size.subspaces).map { exp($0) }
    let weights = scores.map { $0 / scores.reduce(0, +) }
    let row = h.indices.map { column in
      inner.indices.reduce(h[column]) {
        let factor =
          size.subspaces == 1 ? 1 : Double(size.subspaces) * weights[$1 / size.width]
        return $0 + factor * inner[$1] * Double(up[$1 * size.columns + column])
      }
    }
    return (row, inner, weights)
  }

  @Test(arguments: InstructionSet.allCases)
  func projections(_ set: InstructionSet) throws {
    guard let loops = set.loops else { try Test.cancel("this processor has no \(set.rawValue)") }
    var noise = Noise(3)
    for size in Self.sizes {
      let vectors = size.subspaces * size.width
      let before = noise.floats(size.rows * size.columns)
      let down = noise.floats(vectors * size.columns, scale: 0.3)
      let up = noise.floats(vectors * size.columns)
      let gate = noise.floats(size.subspaces * size.columns, scale: 0.5)
      // A guard behind each output shows what is written beyond its end.
      let mark: Float = 77
      var h = before + [mark]
      var inner = [Float](repeating: mark, count: size.rows * vectors + 1)
      var weights = [Float](repeating: mark, count: size.rows * size.subspaces + 1)
      let room = Int(loops.gated_projection_scratch(Int64(size.subspaces), Int64(size.width)))
      var scratch = [Float](repeating: .nan, count: room)
      var alone: [Float] = []
      down.withUnsafeBufferPointer { down in
        up.withUnsafeBufferPointer { up in
          gate.withUnsafeBufferPointer { gate in
            guard let down = down.baseAddress, let up = up.baseAddress else { return }
            var projection = ept_gated_projection(
              columns: Int64(size.columns), subspaces: Int64(size.subspaces),
              width: Int64(size.width), down: down, up: up,
              gate: size.subspaces == 1 ? nil : gate.baseAddress)
            loops.gated_projection(
              &projection, &h, Int64(size.rows), &inner, &weights, &scratch)
            for row in 0..<size.rows {
              var one = Array(before[row * size.columns..<(row + 1) * size.columns])
              loops.gated_projection(&projection, &one, 1, nil, nil, &scratch)
              alone += one
            }
          }
        }
      }
      #expect(h.last == mark && inner.last == mark && weights.last == mark)
      // A row's neighbours do not change it.
      #expect(alone == h.dropLast())
      for row in 0..<size.rows {
        let columns = row * size.columns..<(row + 1) * size.columns
        let wanted = expected(before[columns], size, down, up, gate)
        #expect(largestDifference(Array(h[columns]), wanted.row) < 2e-5, "\(size)")
        #expect(
          largestDifference(Array(inner[row * vectors..<(row + 1) * vectors]), wanted.inner)
            < 1e-5, "\(size)")
        guard size.subspaces > 1 else { continue }
        let gates = Array(weights[row * size.subspaces..<(row + 1) * size.subspaces])
        #expect(largestDifference(gates, wanted.weights) < 1e-6, "\(size)")
      }
    }
  }
}
