import EPTCompute

/// Rows of a decoder that continue one another: a row sees itself and the rows it follows.
package struct TokenTree: Sendable, Equatable {
  /// The row before each row, nil for row 0; a row comes after the one it follows.
  package private(set) var parents: [Int?] = [nil]
  /// Each row's position.
  package private(set) var depths: [Int] = [0]

  package init() {}

  /// How many rows there are.
  package var count: Int { parents.count }

  /// Adds a row that follows row `parent`, and returns its number.
  package mutating func append(after parent: Int) -> Int {
    parents.append(parent)
    depths.append(depths[parent] + 1)
    return count - 1
  }
}

extension TokenTree {
  /// What hides from each row all rows but itself and those it follows, for all heads.
  /// `[rows, rows]`
  func mask(in arena: Arena) -> AttentionBias {
    let table = arena.matrix(count, count)
    table.fill(-.infinity)
    for query in 0..<count {
      var seen: Int? = query
      while let key = seen {
        table.row(query)[key] = 0
        seen = parents[key]
      }
    }
    return AttentionBias(base: UnsafePointer(table.base), headStride: 0, rowStride: count)
  }
}
