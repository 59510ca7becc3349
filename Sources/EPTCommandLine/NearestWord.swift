/// The word that a slip of the fingers may have meant.
package enum NearestWord {
  /// The nearest of `words`, if a slip of the fingers could have meant it.
  package static func find(_ word: String, among words: [String]) -> String? {
    let near = words.map { (distance: distance(word, $0), word: $0) }
      .filter { $0.distance <= max(1, $0.word.count / 3) }
    return near.min { $0.distance < $1.distance }?.word
  }

  /// The fewest insertions, deletions, replacements and swaps that turn one into the other.
  private static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.utf8), Array(second.utf8))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
