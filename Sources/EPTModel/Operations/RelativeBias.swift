import Glibc

/// T5's relative position bias: one number a head and bucket of distances.
struct RelativeBias: Sendable {
  /// One row a bucket, `[buckets, heads]`.
  let weight: WeightMatrix
  let maximumDistance: Int
  /// Whether keys after the query have buckets of their own, as in an encoder.
  let isBidirectional: Bool

  /// The bucket of `distance`, the key's position less the query's (Raffel et al., 2020).
  ///
  /// Half of a direction's buckets hold one distance each, the others grow by a constant factor
  /// up to the maximum distance. In binary32, as the model was trained: the last bit decides
  /// which side of a bucket's edge a distance falls on.
  func bucket(_ distance: Int) -> Int {
    var buckets = weight.rows
    var first = 0
    var steps = max(0, -distance)
    if isBidirectional {
      buckets /= 2
      first = distance > 0 ? buckets : 0
      steps = abs(distance)
    }
    let exact = buckets / 2
    guard steps >= exact, exact > 0 else { return min(first + steps, weight.rows - 1) }
    let ratio = logf(Float(steps) / Float(exact))
    let range = Float(log(Double(maximumDistance) / Double(exact)))
    let grown = ratio / range * Float(buckets - exact)
    // Compared before conversion: a maximum distance below the exact ones gives what no index is.
    let last = buckets - exact - 1
    return first + exact + (grown < Float(last) ? Int(max(0, grown)) : last)
  }

  /// The biases of texts of up to `length` rows.
  ///
  /// A text's matrix `[heads, length, length]` depends on differences of positions only, so one
  /// row of `2 · length - 1` numbers a head stands for all of it: row i starts i places earlier.
  func table(length: Int, in arena: Arena) -> AttentionBias {
    let heads = weight.columns
    let width = 2 * length - 1
    let table = arena.matrix(heads, max(1, width))
    for column in 0..<max(0, width) {
      let row = weight.view.row(bucket(column - (length - 1)))
      for head in 0..<heads { table.row(head)[column] = row[head] }
    }
    return AttentionBias(
      base: UnsafePointer(table.base) + max(0, length - 1), headStride: table.stride,
      rowStride: -1)
  }
}
