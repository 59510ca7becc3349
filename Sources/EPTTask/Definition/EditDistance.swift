/// How far two names are apart, for suggestions.
enum EditDistance {
  /// The fewest insertions, deletions, replacements and swaps of neighbours that turn `first`
  /// into `second` (optimal string alignment).
  static func between(_ first: String, _ second: String) -> Int {
    let a = Array(first)
    let b = Array(second)
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j + 1] + 1, current[j] + 1)
        best = min(best, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }

  /// Up to three of `names` that a slip of the fingers could have meant, nearest first.
  static func nearest(to name: String, among names: [String]) -> [String] {
    let farthest = max(1, name.count / 2)
    let near = names.enumerated()
      .map { (distance: between(name, $0.element), order: $0.offset, name: $0.element) }
      .filter { $0.distance <= farthest && $0.distance < $0.name.count }
      .sorted { ($0.distance, $0.order) < ($1.distance, $1.order) }
    // One clear guess is better than one among poor ones.
    guard let best = near.first?.distance else { return [] }
    return near.prefix { $0.distance == best }.prefix(3).map(\.name)
  }
}
