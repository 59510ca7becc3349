import EPTCompute

/// What is added to attention's scores: a row of keys for each head and query.
package struct AttentionBias {
  /// Row 0 of head 0.
  let base: UnsafePointer<Float>
  /// Numbers from one head to the next; 0 where all heads have the same.
  let headStride: Int
  /// Numbers from one query's row to the next one's.
  ///
  /// It is negative for a table of relative distances: the window moves back as the query moves on.
  let rowStride: Int

  /// The bias of the queries from `query` on and the keys from `key` on.
  func from(query: Int, key: Int) -> AttentionBias {
    AttentionBias(
      base: base + query * rowStride + key, headStride: headStride, rowStride: rowStride)
  }
}

/// What hides keys from the rows of a tree that stands behind a text: each sees the text, itself and
/// the rows it follows.
struct TrailingBias {
  /// How many rows the tree has behind the text.
  let rows: Int
  /// For all heads; the last `rows` columns are the tree's own. `[rows, keys of the longest text]`
  private let table: MatrixView

  /// The bias for texts of up to `keys` keys, those of the rows behind them included.
  init(_ tree: TokenTree, keys: Int, in arena: Arena) {
    // Row 0 of the tree is the text's last row.
    rows = tree.count - 1
    table = arena.zeros(rows, keys)
    let first = keys - rows
    for query in 0..<rows {
      let row = table.row(query)
      (row + first).update(repeating: -.infinity, count: rows)
      var seen: Int? = query + 1
      while let key = seen, key > 0 {
        row[first + key - 1] = 0
        seen = tree.parents[key]
      }
    }
  }

  /// The bias in a text of `keys` keys.
  func bias(keys: Int) -> AttentionBias {
    AttentionBias(
      base: UnsafePointer(table.base) + (table.columns - keys), headStride: 0,
      rowStride: table.stride)
  }
}
