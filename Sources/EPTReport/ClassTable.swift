import EPTTask

/// Precision, recall and F1 of each class, in the order of the task.
struct ClassTable {
  private let figures: [EvaluationDetail.ClassFigures]

  /// The most classes that are listed, those with the most rows.
  private static let most = 60

  init(_ figures: [EvaluationDetail.ClassFigures]) {
    self.figures = figures
  }

  /// The table; nil where answers have no classes.
  var html: String? {
    guard !figures.isEmpty else { return nil }
    let shown =
      figures.count <= Self.most
      ? figures
      : Array(figures.sorted { $0.support > $1.support }.prefix(Self.most))
    let names = ["precision", "recall", "F1", "rows"].map { "<th class=\"n\">\($0)</th>" }
    let rows = shown.map { figure -> String in
      let numbers =
        [figure.precision, figure.recall, figure.f1].map { MetricScore.percent($0) }
        + [grouped(figure.support)]
      return "<tr><td>\(escaped(shortened(figure.label, to: 60)))</td>"
        + numbers.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
    }
    let leftOut = figures.count - shown.count
    return "<div class=\"scroll-table\"><table>\n<tr><th>class</th>\(names.joined())</tr>\n"
      + rows.joined(separator: "\n") + "\n</table></div>"
      + (leftOut > 0
        ? "\n<p class=\"small\">The \(grouped(leftOut)) classes with the fewest rows are left out.</p>"
        : "")
  }
}
