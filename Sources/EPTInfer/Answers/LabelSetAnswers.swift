import EPTFormat
import EPTModel
import EPTSystem
import EPTTask

/// The labels of one text, which may be none.
struct LabelSet: Sendable, Equatable {
  /// In the task's order.
  let labels: [Int]
  /// One probability a label, each by itself. `[labels]`
  let probabilities: [Float]

  /// The labels by falling probability.
  var byProbability: [Int] {
    probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
  }
}

/// Any of several labels a text.
struct LabelSetAnswers: AnswerKind {
  private let labels: [String]
  private let thresholds: [Float]
  /// Between the labels of a column.
  private let separator: String

  /// Answers the labels that reach `thresholds`; those that the caller gave come before the bundle's.
  init(_ labels: [String], _ thresholds: [Float], given: [Threshold], separator: String?) {
    self.labels = labels
    self.separator = separator ?? ","
    self.thresholds = zip(labels, thresholds).map { label, threshold in
      given.last { $0.label.isIdentical(to: label) }?.probability ?? threshold
    }
  }

  func reply(_ scores: [Float], words: WordText?) -> Reply? {
    guard scores.allSatisfy(\.isFinite) else { return nil }
    let probabilities = scores.map(HeadKind.labelProbability)
    return .labels(
      LabelSet(
        labels: LabelThresholds.reached(probabilities, thresholds).sorted(),
        probabilities: probabilities))
  }

  var key: String { "labels" }

  var keys: Set<String> { [key] }

  func members(of reply: Reply, _ style: AnswerStyle) -> [JSONMember] {
    guard case .labels(let answer) = reply else { return [] }
    func probability(_ index: Int) -> JSON {
      .number(WrittenProbability.rounded(answer.probabilities[index]))
    }
    var members = [JSONMember(key, .array(answer.labels.map { .string(labels[$0]) }))]
    if let top = style.top {
      let best = answer.byProbability.prefix(top).map { index -> JSON in
        [
          AnswerObject.Key.label: .string(labels[index]),
          AnswerObject.Key.probability: probability(index),
        ]
      }
      members.append(JSONMember(AnswerObject.Key.top, .array(best)))
    }
    if style.showsProbabilities ?? (style.top == nil) {
      let all = labels.indices.map { JSONMember(labels[$0], probability($0)) }
      members.append(JSONMember(AnswerObject.Key.probabilities, .object(all)))
    }
    return members
  }

  func columns(of reply: Reply, _ style: AnswerStyle) -> [String] {
    guard case .labels(let answer) = reply else { return [] }
    let all =
      style.format == .tsv && style.showsProbabilities == true
      ? answer.probabilities.map { WrittenProbability.decimal($0) } : []
    return [answer.labels.map { labels[$0] }.joined(separator: separator)] + all
  }

  func columnNames(_ style: AnswerStyle) -> [String] {
    [key] + (style.showsProbabilities == true ? labels.map { "probability:\($0)" } : [])
  }
}
