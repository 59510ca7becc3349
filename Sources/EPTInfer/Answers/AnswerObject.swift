import EPTFormat
import EPTSystem

/// A record's answers as one JSON object.
///
/// With one prompt its answer's members stand in the object itself; with several each answer is
/// an object under `answers`, called by its prompt.
struct AnswerObject {
  enum Key {
    static let id = "id"
    static let answers = "answers"
    static let label = "label"
    static let probability = "probability"
    static let probabilities = "probabilities"
    static let top = "top"
    static let error = "error"
    static let text = "text"
    static let score = "score"
    static let embedding = "embedding"
    static let similarity = "similarity"
    static let all: Set = [
      id, answers, label, probability, probabilities, top, error, text, score, embedding,
      similarity,
    ]
  }

  private let style: AnswerStyle
  private let record: PendingRecord

  init(_ style: AnswerStyle, _ record: PendingRecord) {
    self.style = style
    self.record = record
  }

  /// Appends the object of `replies`, one a question or one a pair.
  func write(_ replies: [Reply], to text: inout String) {
    guard case .vector(let values)? = replies.first else {
      text += json(replies).serialized()
      return
    }
    // Number by number: as values of JSON they would take as long as the model.
    let members = JSON.object(passedOn).serialized().dropLast()
    text += members
    text += "\(members.count > 1 ? "," : "")\"\(Key.embedding)\":["
    for (index, value) in values.enumerated() {
      if index > 0 { text += "," }
      text += value.description
    }
    text += "]}"
  }

  /// The object of `replies`, one a question.
  private func json(_ replies: [Reply]) -> JSON {
    let objects = zip(record.questions, replies).map { question, reply in
      let prompt = record.prompts.prompts[question.place]
      return JSONMember(prompt.name, .object(members(of: reply, by: prompt)))
    }
    guard record.prompts.isNested || objects.count != 1 else {
      return .object(passedOn + (objects[0].value.object ?? []))
    }
    return .object(passedOn + [JSONMember(Key.answers, .object(objects))])
  }

  /// The object of a record without answer.
  func json(error: String?) -> JSON {
    if let error { return .object(passedOn + [JSONMember(Key.error, .string(error))]) }
    return .object(
      passedOn
        + [
          record.prompts.isNested
            ? JSONMember(Key.answers, .object([])) : JSONMember(missing, .null)
        ])
  }

  /// What a record without answer lacks.
  private var missing: String {
    switch style.content {
    case .label: record.prompts.prompts.first?.answers.key ?? Key.label
    case .embedding: Key.embedding
    case .similarity: Key.similarity
    }
  }

  /// What the record itself brought along.
  ///
  /// A field that is called like one of the answer's own gets `input_` in front.
  private var passedOn: [JSONMember] {
    let names = Set(record.kept.map { ByteName($0.key) })
    let taken = record.prompts.prompts.reduce(Key.all) { $0.union($1.answers.keys) }
    let kept = record.kept.map { member in
      var key = member.key
      while taken.contains(key) || (key != member.key && names.contains(ByteName(key))) {
        key = "input_" + key
      }
      return JSONMember(key, member.value)
    }
    return (record.id.map { [JSONMember(Key.id, $0)] } ?? []) + kept
  }

  private func members(of reply: Reply, by prompt: StreamPrompt) -> [JSONMember] {
    switch reply {
    case .label, .number, .labels, .tags: prompt.answers.members(of: reply, style)
    case .text(let written):
      [
        JSONMember(Key.text, .string(written.text)),
        JSONMember(Key.score, .number(WrittenProbability.rounded(written.score))),
      ]
    case .vector(let values):
      [JSONMember(Key.embedding, .array(values.map { .number(Double($0)) }))]
    case .similarity(let value):
      [JSONMember(Key.similarity, .number(WrittenProbability.rounded(value)))]
    }
  }
}
