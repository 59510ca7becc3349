import EPTTask

/// The page's head: what was tuned on what, and the figures that count.
struct ReportHeader {
  private let bundle: TaskBundle
  private let detail: EvaluationDetail?
  private let circumstances: String

  /// `circumstances` is when and where the page was made; empty to leave it out.
  init(_ bundle: TaskBundle, detail: EvaluationDetail? = nil, circumstances: String = "") {
    self.bundle = bundle
    self.detail = detail
    self.circumstances = circumstances
  }

  var html: String {
    let record = bundle.training
    let method = record.settings["method"]?.string?.uppercased()
    var lines = [
      "<header>", "<h1>\(escaped(bundle.task.name))</h1>",
      "<p class=\"under\">\(escaped("\(method.map { "\($0) on " } ?? "on ")\(bundle.backbone)"))</p>",
      "<div class=\"figures\">",
    ]
    if let test = record.test { lines.append(figure("Test", test, record.testMajority)) }
    if let validation = record.validation {
      lines.append(figure("Validation", validation, record.validationMajority))
    }
    let shape = bundle.prompt.shape
    lines.append(
      tile(
        grouped(shape.parameterCount + shape.depthParameterCount),
        shape.depth == nil ? "numbers in the prompt" : "numbers in the prompt and after blocks"))
    lines.append(tile(grouped(record.bestStep), "best of \(grouped(record.steps)) steps"))
    lines.append("</div>")
    if let rows = detail?.rows {
      let intervals = detail?.intervals.map {
        let kind = MetricScore.Figure($0.name, $0.low)
        return "\($0.name) \(kind.text) to \(kind.text(of: $0.high))"
      }
      lines.append(
        "<p class=\"small\">\(grouped(rows)) test rows; 95 % interval: "
          + "\(escaped((intervals ?? []).joined(separator: ", ")))</p>")
    }
    if !circumstances.isEmpty {
      lines.append("<p class=\"small\">\(escaped(circumstances))</p>")
    }
    if record.isInterrupted {
      lines.append("<p class=\"warn\">The run was stopped before its end.</p>")
    }
    if let test = record.test, test.selection <= record.testMajority.selection {
      lines.append(
        "<p class=\"warn\">Not better than always answering with the most frequent class.</p>")
    }
    return (lines + ["</header>"]).joined(separator: "\n")
  }

  private func figure(_ split: String, _ score: MetricScore, _ majority: MetricScore) -> String {
    let first = score.figures.first
    let others = score.figures.dropFirst().map { "\($0.name) \($0.text)" }
    let base = majority.figures.first.map { "majority \($0.text)" }
    let under = (["\(split), \(first?.name ?? "")"] + others + [base].compactMap { $0 })
    return tile(first?.text ?? "–", under.joined(separator: " · "))
  }

  private func tile(_ value: String, _ under: String) -> String {
    "<div class=\"figure\"><b>\(escaped(value))</b><span>\(escaped(under))</span></div>"
  }
}
