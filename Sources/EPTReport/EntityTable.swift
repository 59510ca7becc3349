import EPTTask

/// Precision, recall and F1 of each type of entity.
struct EntityTable {
  private let figures: [EvaluationDetail.ClassFigures]

  init(_ figures: [EvaluationDetail.ClassFigures]) {
    self.figures = figures
  }

  var html: String {
    let names = ["precision", "recall", "F1", "entities"]
    let head = "<th>type</th>" + names.map { "<th class=\"n\">\($0)</th>" }.joined()
    let rows = figures.map { figure -> String in
      let numbers =
        [figure.precision, figure.recall, figure.f1].map { MetricScore.percent($0) }
        + [grouped(figure.support)]
      return "<tr><td>\(escaped(figure.label))</td>"
        + numbers.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
    }
    return "<table>\n<tr>\(head)</tr>\n\(rows.joined(separator: "\n"))\n</table>"
      + "\n<p class=\"small\">An entity counts as found where its type and all of its words are right.</p>"
  }
}
