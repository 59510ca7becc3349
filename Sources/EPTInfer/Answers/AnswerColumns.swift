import EPTFormat
import EPTSystem

/// A record's answers as text or tab-separated columns.
///
/// `text` has the labels of the prompts that were asked. `tsv` has the same columns in every
/// line: the fields that are kept, then those of each prompt, empty for prompts that were
/// not asked.
struct AnswerColumns {
  /// Stands before what is wrong in the place of an answer.
  static let errorMark = "#error"

  private let style: AnswerStyle
  private let record: PendingRecord

  init(_ style: AnswerStyle, _ record: PendingRecord) {
    self.style = style
    self.record = record
  }

  /// Appends the line of `replies`, one a question, without its end.
  func write(_ replies: [Reply], to text: inout String) {
    var columns = style.format == .tsv ? kept : []
    if style.format == .text {
      for (question, reply) in zip(record.questions, replies) {
        columns += self.columns(of: reply, by: record.prompts.prompts[question.place])
      }
    } else {
      var replyOfPrompt = [Reply?](repeating: nil, count: record.prompts.prompts.count)
      for (question, reply) in zip(record.questions, replies) {
        replyOfPrompt[question.place] = reply
      }
      for (prompt, reply) in zip(record.prompts.prompts, replyOfPrompt) {
        columns += reply.map { self.columns(of: $0, by: prompt) } ?? blanks(prompt)
      }
    }
    join(columns, to: &text)
  }

  /// Appends the line of a record without answer, without its end.
  func write(error: String?, to text: inout String) {
    if let error {
      join((style.format == .tsv ? kept : []) + [Self.errorMark, error], to: &text)
    } else if style.format == .tsv {
      join(kept + record.prompts.prompts.flatMap { blanks($0) }, to: &text)
    }
  }

  /// Appends the line that names the columns, without its end.
  func writeHeader(generates: Bool, to text: inout String) {
    let isNested = record.prompts.isNested
    let names = record.prompts.prompts.flatMap { prompt -> [String] in
      let names = generates ? ["text", "score"] : prompt.answers.columnNames(style)
      return isNested ? names.map { "\(prompt.name).\($0)" } : names
    }
    join(keptNames(beside: names) + names, to: &text)
  }

  /// What the columns that are handed on are called: one that is called like a column of the answer gets
  /// `input_` in front, as in JSON, so that no name stands twice.
  private func keptNames(beside names: [String]) -> [String] {
    let kept = Set(record.kept.map { ByteName($0.key) })
    let taken = Set(names.map { ByteName($0) })
    return record.kept.map { member in
      var name = member.key
      while taken.contains(ByteName(name)) || (name != member.key && kept.contains(ByteName(name)))
      {
        name = "input_" + name
      }
      return name
    }
  }

  private var kept: [String] {
    record.kept.map { $0.value.string ?? $0.value.serialized() }
  }

  private func columns(of reply: Reply, by prompt: StreamPrompt) -> [String] {
    switch reply {
    case .label, .number, .labels, .tags: prompt.answers.columns(of: reply, style)
    case .text(let written):
      style.format == .tsv
        ? [written.text, "\(WrittenProbability.rounded(written.score))"] : [written.text]
    case .vector(let values): values.map { "\($0)" }
    case .similarity(let value): ["\(WrittenProbability.rounded(value))"]
    }
  }

  private func blanks(_ prompt: StreamPrompt) -> [String] {
    switch style.content {
    case .label: break
    case .embedding(let dimensions): return [String](repeating: "", count: dimensions)
    case .similarity: return [""]
    }
    // A text and its score need as many as one label.
    return [String](repeating: "", count: prompt.answers.columnNames(style).count)
  }

  /// Columns hold neither tabs nor line ends, whatever is in their texts.
  private func join(_ columns: [String], to text: inout String) {
    for (index, column) in columns.enumerated() {
      if index > 0 { text += "\t" }
      text += Self.line(column)
    }
  }

  /// `text` with spaces in place of tabs and line ends.
  static func line(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    guard !isPlain else { return text }
    return String(
      decoding: text.utf8.map { [0x09, 0x0A, 0x0D].contains($0) ? 0x20 : $0 }, as: UTF8.self)
  }
}
