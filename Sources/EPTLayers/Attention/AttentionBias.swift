/// What is added to attention's scores: a row of keys for each head and query.
package struct AttentionBias {
  /// Row 0 of head 0.
  let base: UnsafePointer<Float>
  /// Numbers from one head to the next; 0 where all heads have the same.
  let headStride: Int
  /// Numbers from one query's row to the next one's; negative where a table of relative
  /// distances is read, whose window moves back as the query moves on.
  let rowStride: Int

  /// The bias of the queries from `query` on and the keys from `key` on.
  func from(query: Int, key: Int) -> AttentionBias {
    AttentionBias(
      base: base + query * rowStride + key, headStride: headStride, rowStride: rowStride)
  }
}
