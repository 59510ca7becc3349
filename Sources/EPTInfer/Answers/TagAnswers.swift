import EPTFormat
import EPTTask

/// A tag a word, of which spans are made.
struct TagAnswers: AnswerKind {
  private let task: TaskDefinition

  /// Answers with the labels of `task`, `O` first.
  init(_ task: TaskDefinition) {
    self.task = task
  }

  func reply(_ scores: [Float], words: WordText?) -> Reply? {
    words.flatMap { TaggedText($0, scores: scores, of: task) }.map { .tags($0) }
  }

  var key: String { "spans" }

  var keys: Set<String> { [key] }

  func members(of reply: Reply, _ style: AnswerStyle) -> [JSONMember] {
    guard case .tags(let answer) = reply else { return [] }
    let spans = answer.spans.map { span -> JSON in
      [
        "start": .integer(span.start), "end": .integer(span.end),
        AnswerObject.Key.label: .string(span.label), AnswerObject.Key.text: .string(span.text),
        AnswerObject.Key.probability: .number(WrittenProbability.rounded(span.probability)),
      ]
    }
    return [JSONMember(key, .array(spans))]
  }

  func columns(of reply: Reply, _ style: AnswerStyle) -> [String] {
    guard case .tags(let answer) = reply else { return [] }
    return [answer.sequence]
  }

  func columnNames(_ style: AnswerStyle) -> [String] { ["tags"] }
}
