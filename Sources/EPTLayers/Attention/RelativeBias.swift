import EPTCompute
import Glibc

/// T5's and MPNet's relative position bias: one number a head and bucket of distances.
package final class RelativeBias: Sendable {
  /// One row a bucket, `[buckets, heads]`.
  let weight: WeightMatrix
  let maximumDistance: Int
  /// Whether keys after the query have buckets of their own, as in an encoder.
  let isBidirectional: Bool

  /// A class, since blocks that share a bias share its table in a pass as well.
  package init(weight: WeightMatrix, maximumDistance: Int, isBidirectional: Bool) {
    self.weight = weight
    self.maximumDistance = maximumDistance
    self.isBidirectional = isBidirectional
  }

  /// The bucket of `distance`, the key's position less the query's (Raffel et al., 2020).
  ///
  /// Half of a direction's buckets hold one distance each, the others grow by a constant factor
  /// up to the maximum distance. Computed in binary32, as in training: the last bit decides on
  /// which side of a bucket's edge a distance falls.
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
    // Compared before conversion: a maximum distance below `exact` makes this negative or NaN.
    let last = buckets - exact - 1
    return first + exact + (grown < Float(last) ? Int(max(0, grown)) : last)
  }

  /// How many heads have a bias of their own.
  var heads: Int { weight.columns }

  /// The biases of a query for the keys of all distances in texts of up to `length` rows, from
  /// `1 - length` on. `[heads, 2 · length - 1]`
  ///
  /// A text's matrix `[heads, length, length]` depends on differences of positions only, so this
  /// stands for all of it: row i of it starts i places earlier than row 0.
  func distances(length: Int, in arena: Arena) -> MatrixView {
    let width = max(1, 2 * length - 1)
    let table = arena.matrix(heads, width)
    for column in 0..<width {
      let values = row(distance: column - (length - 1))
      for head in 0..<heads { table.row(head)[column] = values[head] }
    }
    return table
  }

  /// The bias of each head for `distance`, `[heads]`.
  func row(distance: Int) -> UnsafePointer<Float> {
    UnsafePointer(weight.view.row(bucket(distance)))
  }

  /// The bias of a row for itself and the `steps` rows before it, oldest first.
  /// `[heads, steps + 1]`
  func history(steps: Int, in arena: Arena) -> MatrixView {
    let table = arena.matrix(heads, steps + 1)
    for column in 0...steps {
      let values = row(distance: column - steps)
      for head in 0..<heads { table.row(head)[column] = values[head] }
    }
    return table
  }

  /// The bias among the rows of `tree`, `[heads, rows, rows]`: each row sees itself and the rows
  /// it follows.
  func table(_ tree: TokenTree, in arena: Arena) -> AttentionBias {
    let count = tree.count
    let table = arena.matrix(heads * count, count)
    table.fill(-.infinity)
    for query in 0..<count {
      var seen: Int? = query
      while let key = seen {
        let values = row(distance: tree.depths[key] - tree.depths[query])
        for head in 0..<heads { table.row(head * count + query)[key] = values[head] }
        seen = tree.parents[key]
      }
    }
    return AttentionBias(
      base: UnsafePointer(table.base), headStride: count * count, rowStride: count)
  }
}
