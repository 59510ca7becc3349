import EPTModel
import EPTTask

/// One page about one bundle: how training went, what the prompt answers, what its gate does.
public struct Report {
  let bundle: TaskBundle
  /// Test rows by true and predicted class; nil if they were not to be had.
  let confusion: ConfusionMatrix?
  /// Why there is no confusion matrix.
  let confusionGap: String
  /// The gates of the projections after blocks over the test rows, or why there are none.
  let depthGates: Result<DepthGates, ReportGap>
  /// The loss of single steps, from a run's log; empty without.
  let stepLosses: [StepLoss]
  /// What the test rows say besides; nil if they were not to be had.
  let detail: EvaluationDetail?
  /// When and where the page was made.
  let circumstances: String

  /// Gathers what the page shows.
  ///
  /// - Parameters:
  ///   - bundle: The bundle.
  ///   - confusion: Test rows by class, or why there are none.
  ///   - depthGates: The gates of projections after blocks over the test rows, or why there are
  ///     none; a bundle without projections shows nothing of them.
  ///   - stepLosses: From `RunLog`; empty without a log.
  ///   - detail: The figures by class, the reliability and the mistakes of the test rows; nil without rows.
  ///   - circumstances: When and where the page is made, such as date and processor; may be empty.
  public init(
    _ bundle: TaskBundle, confusion: Result<ConfusionMatrix, ReportGap>,
    depthGates: Result<DepthGates, ReportGap> = .failure(ReportGap("No test rows were read.")),
    stepLosses: [StepLoss] = [], detail: EvaluationDetail? = nil, circumstances: String = ""
  ) {
    self.bundle = bundle
    self.depthGates = depthGates
    self.stepLosses = stepLosses
    self.detail = detail
    self.circumstances = circumstances
    switch confusion {
    case .success(let matrix): (self.confusion, confusionGap) = (matrix, "")
    case .failure(let gap): (self.confusion, confusionGap) = (nil, gap.reason)
    }
  }

  /// The page: one HTML file that refers to no other, drawn for light and dark.
  public func html() -> String {
    let title = "\(bundle.task.name) · eptc report"
    let tellsEntities = bundle.readout.kind == .tags
    let classes = detail.flatMap { ClassTable($0.classes, areEntities: tellsEntities).html }
    let reliability = detail.flatMap { ReliabilityDiagram($0)?.html }
    // What it answers first, how it came to that next, what is inside last. Cards of half the width
    // come in pairs.
    let cards = [
      tellsEntities
        ? card("Entities of the test rows", wide: true, classes ?? note(confusionGap))
        : card("Confusion on the test rows", wide: classes == nil, confusionHTML),
      tellsEntities ? nil : classes.map { card("By class", wide: false, $0) },
      detail.flatMap { MistakeTable($0.mistakes).html }.map {
        card("Worst errors", wide: true, $0)
      },
      reliability.map { card("Reliability", wide: false, $0) },
      card("Validation metric", wide: false, MetricCurves(bundle.training).html),
      card(
        "Loss", wide: false, LossCurves(history: bundle.training.history, steps: stepLosses).html),
      card("Parameter budget", wide: reliability == nil, ParameterBudget(bundle).html),
      card("Settings", wide: true, SettingsTables(bundle).html),
      bundle.prompt.shape.depth.map {
        card("Gate after blocks", wide: true, DepthGateMap(shape: $0, gates: depthGates).html)
      },
      hasPromptGate ? card("Gate", wide: true, GateMaps(bundle).html) : nil,
    ].compactMap { $0 }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(escaped(title))</title>
      <style>
      \(PageStyle.sheet)
      </style>
      </head>
      <body>
      <main>
      \(ReportHeader(bundle, detail: detail, circumstances: circumstances).html)
      <div class="cards">
      \(cards.joined(separator: "\n"))
      </div>
      </main>
      </body>
      </html>

      """
  }

  /// Whether the page says anything of a gate over the prompt: a bundle in depth alone has no prompt.
  private var hasPromptGate: Bool {
    let shape = bundle.prompt.shape
    return shape.depth == nil || shape.promptLength > 0
  }

  private var confusionHTML: String {
    guard let confusion else { return note(confusionGap) }
    return ConfusionMap(confusion, labels: bundle.task.labels.map(\.word)).html
  }

  private func card(_ title: String, wide: Bool, _ body: String) -> String {
    "<section class=\"card\(wide ? " wide" : "")\">\n<h2>\(escaped(title))</h2>\n\(body)\n</section>"
  }
}

/// Why a part of the page is missing.
public struct ReportGap: Error, Sendable {
  let reason: String

  public init(_ reason: String) {
    self.reason = reason
  }
}
