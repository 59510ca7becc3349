import EPTCompute
import Glibc

/// How often each tag follows each in the training rows.
///
/// The tags of one text are chosen together by it. A head scores each word by itself. With p(yₜ | x) its probabilities, a text's tags are those with the
/// greatest sum over words of
///
///     log p(yₜ | x) + log p(yₜ | yₜ₋₁) - log p(yₜ)
///
/// as in hybrids of a network and a hidden Markov model (Bourlard and Morgan, Connectionist Speech
/// Recognition, 1994). Viterbi's algorithm finds them.
public struct TagTransitions: Sendable, Equatable {
  /// The most tags whose transitions are kept: their number grows with the square.
  static let mostTags = 64
  /// The greatest count that a file may hold.
  static let largestCount = 1 << 40

  /// Row `t` counts the tags behind tag `t`, the last row those of first words. `[tags + 1][tags]`
  public let counts: [[Int]]
  /// `log p(y | y') - log p(y)` of each tag `y` behind `y'`. `[tags + 1][tags]`
  private let logRatios: [[Float]]

  /// Takes counts, `[tags + 1][tags]`; nil for other sizes, no tags or too many, and counts out of range.
  init?(counts: [[Int]]) {
    let tags = counts.count - 1
    let isTable = counts.allSatisfy { row in
      row.count == tags && row.allSatisfy { 0...Self.largestCount ~= $0 }
    }
    guard 1...Self.mostTags ~= tags, isTable else { return nil }
    self.counts = counts
    logRatios = Self.logRatios(of: counts)
  }

  /// Counts the tags of `rows`, each below `tags`; nil for too many tags.
  init?(_ rows: [[Int]], tags: Int) {
    guard 1...Self.mostTags ~= tags else { return nil }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: tags), count: tags + 1)
    for row in rows {
      var before = tags
      for tag in row {
        counts[before][tag] += 1
        before = tag
      }
    }
    self.counts = counts
    logRatios = Self.logRatios(of: counts)
  }

  /// The ratios, with one more of each pair than was counted, so that none is impossible.
  private static func logRatios(of counts: [[Int]]) -> [[Float]] {
    let tags = counts.count - 1
    let totals = (0..<tags).map { tag in counts.reduce(1.0) { $0 + Double($1[tag]) } }
    let all = totals.reduce(0, +)
    return counts.map { row in
      let sum = row.reduce(Double(tags)) { $0 + Double($1) }
      return zip(row, totals).map { count, total in
        Float(log((Double(count) + 1) / sum) - log(total / all))
      }
    }
  }

  /// The best tags for `scores`, one logit a tag for each word, word by word; of equally good ones those
  /// that come first. `[words × tags]`
  func best(_ scores: [Float]) -> [Int] {
    let tags = counts.count - 1
    let words = scores.count / tags
    guard words > 0 else { return [] }
    // Logits differ from log p by the same number for all tags of a word.
    var sums = (0..<tags).map { scores[$0] + logRatios[tags][$0] }
    // The best tag before each tag of each later word. [words - 1][tags]
    var origins: [[Int]] = []
    for word in 1..<max(1, words) {
      var next: [Float] = []
      var origin: [Int] = []
      for tag in 0..<tags {
        var from = 0
        for before in 1..<max(1, tags)
        where sums[before] + logRatios[before][tag] > sums[from] + logRatios[from][tag] {
          from = before
        }
        origin.append(from)
        next.append(sums[from] + logRatios[from][tag] + scores[word * tags + tag])
      }
      origins.append(origin)
      sums = next
    }
    var best = [sums.indices.reduce(0) { sums[$1] > sums[$0] ? $1 : $0 }]
    for origin in origins.reversed() { best.append(origin[best[best.count - 1]]) }
    return best.reversed()
  }
}

extension TaskDefinition {
  /// The same task, its tags chosen by how they follow each other in `examples`.
  package func countingTransitions(of examples: [Example]) -> TaskDefinition {
    guard labelForm == .tags else { return self }
    var task = self
    task.tagTransitions = TagTransitions(examples.map(\.labels), tags: labels.count)
    return task
  }

  /// The tags of a text's words, by their places in `labels`; `scores` has one logit a tag for each word.
  /// `[words, tags]`
  package func tags(of scores: Matrix) -> [Int] {
    tagTransitions?.best(scores.values) ?? scores.bestColumns
  }
}
