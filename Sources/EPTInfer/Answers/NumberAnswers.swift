import EPTFormat
import EPTModel
import EPTTask

/// A number a text.
struct NumberAnswers: AnswerKind {
  let scale: NumberScale

  func reply(_ scores: [Float], words: WordText?) -> Reply? {
    guard let output = scores.first else { return nil }
    let number = WrittenNumber.rounded(scale.number(output))
    return output.isFinite && number.isFinite ? .number(number) : nil
  }

  var key: String { "number" }

  var keys: Set<String> { [key] }

  func members(of reply: Reply, _ style: AnswerStyle) -> [JSONMember] {
    guard case .number(let number) = reply else { return [] }
    return [JSONMember(key, .number(number))]
  }

  func columns(of reply: Reply, _ style: AnswerStyle) -> [String] {
    guard case .number(let number) = reply else { return [] }
    return [WrittenNumber.text(number)]
  }

  func columnNames(_ style: AnswerStyle) -> [String] { [key] }
}
