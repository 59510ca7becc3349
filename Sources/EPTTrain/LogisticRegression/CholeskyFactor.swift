/// The lower triangle `L` with `L·Lᵀ = A` of a positive definite matrix, in binary64.
struct CholeskyFactor {
  /// Rows that are worked on together, so that those above are read once for all of them.
  private static let block = 32

  private let size: Int
  /// `[size, size]`, row-major; what stands above the diagonal does not matter.
  private var values: [Double]

  /// Factorises `matrix`, `[size, size]`, of which the lower triangle is read.
  ///
  /// A pivot that rounding has made 0 or less counts as `floor`, which must be positive.
  init(_ matrix: [Double], size: Int, floor: Double) {
    self.size = size
    values = matrix
    values.withUnsafeMutableBufferPointer { values in
      let values = values
      func row(_ i: Int) -> UnsafeMutableBufferPointer<Double> {
        UnsafeMutableBufferPointer(rebasing: values[i * size..<(i + 1) * size])
      }
      for start in stride(from: 0, to: size, by: Self.block) {
        let end = min(size, start + Self.block)
        for j in 0..<end {
          let other = row(j)
          if j >= start {
            let square = Self.dot(.init(other), .init(other), count: j)
            other[j] = max(other[j] - square, floor).squareRoot()
          }
          for i in max(start, j + 1)..<end {
            let mine = row(i)
            mine[j] = (mine[j] - Self.dot(.init(mine), .init(other), count: j)) / other[j]
          }
        }
      }
    }
  }

  /// Puts `A⁻¹ x` in the place of `x`, `[size]`.
  func solve(_ x: UnsafeMutableBufferPointer<Double>) {
    values.withUnsafeBufferPointer { values in
      for i in 0..<size {
        let row = UnsafeBufferPointer(rebasing: values[i * size..<(i + 1) * size])
        x[i] = (x[i] - Self.dot(row, UnsafeBufferPointer(x), count: i)) / row[i]
      }
      for i in (0..<size).reversed() {
        let row = UnsafeBufferPointer(rebasing: values[i * size..<(i + 1) * size])
        let value = x[i] / row[i]
        x[i] = value
        for j in 0..<i { x[j] -= row[j] * value }
      }
    }
  }

  /// The product of the first `count` numbers of two rows, eight sums side by side.
  private static func dot(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, count: Int
  ) -> Double {
    guard count > 0, let x = x.baseAddress, let y = y.baseAddress else { return 0 }
    var sums = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      let a = UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Double>.self)
      let b = UnsafeRawPointer(y + index).loadUnaligned(as: SIMD8<Double>.self)
      sums += a * b
      index += 8
    }
    var sum = sums.sum()
    while index < count {
      sum += x[index] * y[index]
      index += 1
    }
    return sum
  }
}
