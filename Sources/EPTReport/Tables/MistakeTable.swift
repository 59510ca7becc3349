import EPTTask

/// The wrong answers whose truth was thought least probable.
struct MistakeTable {
  private let mistakes: [EvaluationDetail.Mistake]

  private static let most = 12
  /// The most scalars of a text that are shown.
  private static let longestText = 240
  private static let longestLabel = 40

  init(_ mistakes: [EvaluationDetail.Mistake]) {
    self.mistakes = mistakes
  }

  /// Which of them come first; tags of words come by the number of their wrong entities.
  private var order: String {
    mistakes.contains { $0.truthProbability != nil }
      ? ": those whose true label had the lowest probability" : ""
  }

  /// The table; nil where no answer is wrong.
  var html: String? {
    guard !mistakes.isEmpty else { return nil }
    let rows = mistakes.prefix(Self.most).map { mistake -> String in
      let labels = [mistake.truth, mistake.answer].map {
        "<td>\(escaped(shortened($0, to: Self.longestLabel)))</td>"
      }
      let probability = mistake.probability.map { decimal($0, 3) } ?? "–"
      let texts = mistake.texts.map { escaped(shortened($0, to: Self.longestText)) }
      return "<tr>\(labels.joined())<td class=\"n\">\(probability)</td>"
        + "<td class=\"text\">\(texts.joined(separator: "<br/>"))</td></tr>"
    }
    return "<div class=\"scroll-table\"><table>\n<tr><th>truth</th><th>answer</th>"
      + "<th class=\"n\">probability</th><th class=\"text\">text</th></tr>\n"
      + rows.joined(separator: "\n") + "\n</table></div>"
      + "\n<p class=\"small\">\(grouped(rows.count)) of \(grouped(mistakes.count)) wrong answers\(order).</p>"
  }
}

/// `text` cut to `most` scalars, since a character may have any number of them.
func shortened(_ text: String, to most: Int) -> String {
  let scalars = text.unicodeScalars
  return scalars.count <= most ? text : String(scalars.prefix(most - 1)) + "…"
}
