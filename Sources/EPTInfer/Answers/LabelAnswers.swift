import EPTFormat
import EPTTask

/// One of several labels a text.
struct LabelAnswers: AnswerKind {
  let labels: [String]
  let rule: DecisionRule
  /// What scores are divided by before the softmax.
  var temperature: Float = 1

  func reply(_ scores: [Float], words: WordText?) -> Reply? {
    Answer(scores: scores, temperature: temperature, rule: rule).map { .label($0) }
  }

  var key: String { AnswerObject.Key.label }

  // They were taken before there were other kinds.
  var keys: Set<String> { [] }

  func members(of reply: Reply, _ style: AnswerStyle) -> [JSONMember] {
    guard case .label(let answer) = reply else { return [] }
    func probability(_ index: Int) -> JSON {
      .number(WrittenProbability.rounded(answer.probabilities[index]))
    }
    var members = [
      JSONMember(AnswerObject.Key.label, .string(answer.name(labels))),
      JSONMember(AnswerObject.Key.probability, probability(answer.label)),
    ]
    if let top = style.top {
      // The labels alone: a rejection is none of them.
      let ranking = answer.isRejected ? answer.byProbability : answer.ranking
      let best = ranking.prefix(top).map { index -> JSON in
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
    guard case .label(let answer) = reply else { return [] }
    var named = answer.ranking.map { (labels[$0], answer.probabilities[$0]) }
    if answer.isRejected {
      // The answer in the first place is no label; it has the probability that was too low.
      named = answer.byProbability.map { (labels[$0], answer.probabilities[$0]) }
      named.insert((Answer.rejection, answer.probabilities[answer.label]), at: 0)
    }
    var columns: [String] = []
    for (name, probability) in named.prefix(min(style.top ?? 1, labels.count)) {
      columns.append(name)
      if style.format == .tsv { columns.append(WrittenProbability.decimal(probability)) }
    }
    if style.format == .tsv, style.showsProbabilities == true {
      columns += answer.probabilities.map { WrittenProbability.decimal($0) }
    }
    return columns
  }

  func columnNames(_ style: AnswerStyle) -> [String] {
    var names = ["label", "probability"]
    for place in stride(from: 2, through: min(style.top ?? 1, labels.count), by: 1) {
      names += ["label_\(place)", "probability_\(place)"]
    }
    if style.showsProbabilities == true { names += labels.map { "probability:\($0)" } }
    return names
  }
}
