/// How far two tensors of one shape are apart.
public struct TensorDifference: Sendable, Equatable {
  /// The largest magnitude of a difference of two numbers; infinite where one of them is NaN.
  public let maximum: Double
  /// The mean magnitude of the differences.
  public let mean: Double

  /// Numbers that are compared at once.
  private static let partSize = 1 << 17

  /// Compares two tensors of one shape.
  ///
  /// - Parameters:
  ///   - first: The one.
  ///   - second: The other.
  ///   - release: Told of each range of numbers when it is done with.
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  package init(
    _ first: StoredTensor, _ second: some FloatTensor, release: (Range<Int>) -> Void = { _ in }
  ) throws {
    let count = first.count
    var (maximum, sum) = (0.0, 0.0)
    for start in stride(from: 0, to: count, by: Self.partSize) {
      let part = start..<min(count, start + Self.partSize)
      try first.withFloats(in: part) { one in
        try second.withFloats(in: part) { other in
          for index in 0..<part.count where one[index] != other[index] {
            guard one[index].isNaN == other[index].isNaN else {
              maximum = .infinity
              sum = .infinity
              continue
            }
            guard !one[index].isNaN else { continue }
            let difference = abs(Double(one[index]) - Double(other[index]))
            maximum = max(maximum, difference)
            sum += difference
          }
        }
      }
      release(part)
    }
    self.maximum = maximum
    mean = count > 0 ? sum / Double(count) : 0
  }

  /// Compares two tensors.
  ///
  /// - Returns: nil where their shapes differ.
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  public static func between(
    _ first: StoredTensor, _ second: StoredTensor
  ) throws -> TensorDifference? {
    guard first.shape == second.shape else { return nil }
    return try TensorDifference(first, second)
  }
}

/// A tensor whose numbers can be had as binary32, a part at a time.
package protocol FloatTensor {
  /// Calls `body` with the numbers at `range` of the row-major order.
  func withFloats<Result>(
    in range: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) throws -> Result
}

extension StoredTensor: FloatTensor {}
extension CheckpointTensor: FloatTensor {}
