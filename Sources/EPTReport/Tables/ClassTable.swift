import EPTTask

/// Precision, recall and F1 of each class, in the order of the task, or of each type of entity.
struct ClassTable {
  private let figures: [EvaluationDetail.ClassFigures]
  private let areEntities: Bool

  /// The most classes that are listed, those with the most rows.
  private static let most = 60

  init(_ figures: [EvaluationDetail.ClassFigures], areEntities: Bool = false) {
    self.figures = figures
    self.areEntities = areEntities
  }

  /// The table; nil where answers have no classes.
  var html: String? {
    guard !figures.isEmpty else { return nil }
    let shown =
      figures.count <= Self.most
      ? figures
      : Array(figures.sorted { $0.support > $1.support }.prefix(Self.most))
    let names = ["precision", "recall", "F1", areEntities ? "entities" : "rows"]
      .map { "<th class=\"n\">\($0)</th>" }
    let rows = shown.map { figure -> String in
      let numbers =
        [figure.precision, figure.recall, figure.f1].map { MetricScore.percent($0) }
        + [grouped(figure.support)]
      return "<tr><td>\(escaped(shortened(figure.label, to: 60)))</td>"
        + numbers.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
    }
    let leftOut = figures.count - shown.count
    return
      "<div class=\"scroll-table\"><table>\n<tr><th>\(areEntities ? "type" : "class")</th>\(names.joined())</tr>\n"
      + rows.joined(separator: "\n") + "\n</table></div>"
      + (leftOut > 0
        ? "\n<p class=\"small\">The \(grouped(leftOut)) classes with the fewest rows are left out.</p>"
        : "")
      + (areEntities
        ? "\n<p class=\"small\">An entity counts as found where its type and all of its words are right.</p>"
        : "")
  }
}
