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
      let labels = prompt.labels
      var names = generates ? ["text", "score"] : ["label", "probability"]
      for place in stride(from: 2, through: min(style.top ?? 1, labels.count), by: 1) {
        names += ["label_\(place)", "probability_\(place)"]
      }
      if style.showsProbabilities == true { names += labels.map { "probability:\($0)" } }
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
    case .label(let answer): columns(of: answer, labels: prompt.labels)
    case .text(let written):
      style.format == .tsv
        ? [written.text, "\(WrittenProbability.rounded(written.score))"] : [written.text]
    }
  }

  private func columns(of answer: Answer, labels: [String]) -> [String] {
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

  private func blanks(_ prompt: StreamPrompt) -> [String] {
    let labels = prompt.labels.count
    // A text and its score need as many as one label.
    let named = max(1, min(style.top ?? 1, labels))
    return [String](
      repeating: "", count: 2 * named + (style.showsProbabilities == true ? labels : 0))
  }

  /// Columns hold neither tabs nor line ends, whatever is in their texts.
  private func join(_ columns: [String], to text: inout String) {
    for (index, column) in columns.enumerated() {
      if index > 0 { text += "\t" }
      let isPlain = column.utf8.allSatisfy { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
      text +=
        isPlain
        ? column
        : String(
          decoding: column.utf8.map { [0x09, 0x0A, 0x0D].contains($0) ? 0x20 : $0 },
          as: UTF8.self)
    }
  }
}
