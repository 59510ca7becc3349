import EPTFormat

/// The merges of a sentencepiece model, which a file gives as scores of its pieces.
enum GGUFMerges {
  private struct Merge {
    let left: ArraySlice<UInt8>
    let right: ArraySlice<UInt8>
    let score: Double
    let lengths: (left: Int, right: Int)
  }

  /// Pairs of pieces that make up a piece, the best score first; as `transformers` lists them
  /// (`generate_merges` in `convert_slow_tokenizer.py`).
  static func list(_ tokens: [String], _ scores: [Double]) -> [JSON] {
    var ids: [ArraySlice<UInt8>: Int] = [:]
    for (id, token) in tokens.enumerated() { ids[Array(token.utf8)[...]] = id }
    var merges: [Merge] = []
    for (id, token) in tokens.enumerated() {
      let bytes = Array(token.utf8)
      // Where a character begins, and how many are before it.
      let starts = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 }
      guard ids[bytes[...]] == id else { continue }
      var own: [(merge: Merge, left: Int, right: Int)] = []
      for (count, start) in starts.enumerated().dropFirst() {
        guard let left = ids[bytes[..<start]], let right = ids[Array(bytes[start...])[...]] else {
          continue
        }
        own.append(
          (
            Merge(
              left: bytes[..<start], right: bytes[start...], score: scores[id],
              lengths: (count, starts.count - count)), left, right
          ))
      }
      merges += own.sorted { ($0.left, $0.right) < ($1.left, $1.right) }.map(\.merge)
    }
    // Stable: of equal ones the first counts.
    let order = merges.indices.sorted {
      let (one, other) = (merges[$0], merges[$1])
      let keys = (
        (other.score, other.lengths.left, other.lengths.right, $0),
        (one.score, one.lengths.left, one.lengths.right, $1)
      )
      return keys.0 < keys.1
    }
    return order.map { index in
      let merge = merges[index]
      return .array([
        .string(String(decoding: merge.left, as: UTF8.self)),
        .string(String(decoding: merge.right, as: UTF8.self)),
      ])
    }
  }
}
