import EPTModel
import EPTTask

/// One page about one bundle: how training went, what the prompt answers, what its gate does.
public struct Report {
  let bundle: TaskBundle
  /// Test rows by true and predicted class; nil if they were not to be had.
  let confusion: ConfusionMatrix?
  /// Why there is no confusion matrix.
  let confusionGap: String
  /// The figures of each type of entity on the test rows; nil for answers that are no tags.
  let entities: [EvaluationDetail.ClassFigures]?
  /// The gates of the projections after blocks over the test rows, or why there are none.
  let depthGates: Result<DepthGates, ReportGap>
  /// The loss of single steps, from a run's log; empty without.
  let stepLosses: [StepLoss]

  /// Gathers what the page shows.
  ///
  /// - Parameters:
  ///   - bundle: The bundle.
  ///   - confusion: Test rows by class, or why there are none.
  ///   - depthGates: The gates of projections after blocks over the test rows, or why there are
  ///     none; a bundle without projections shows nothing of them.
  ///   - stepLosses: From `RunLog`; empty without a log.
  ///   - entities: The figures of each type of entity on the test rows, in the place of a confusion matrix;
  ///     nil for answers that are no tags.
  public init(
    _ bundle: TaskBundle, confusion: Result<ConfusionMatrix, ReportGap>,
    depthGates: Result<DepthGates, ReportGap> = .failure(ReportGap("No test rows were read.")),
    stepLosses: [StepLoss] = [], entities: [EvaluationDetail.ClassFigures]? = nil
  ) {
    self.entities = entities
    self.bundle = bundle
    self.depthGates = depthGates
    self.stepLosses = stepLosses
    switch confusion {
    case .success(let matrix): (self.confusion, confusionGap) = (matrix, "")
    case .failure(let gap): (self.confusion, confusionGap) = (nil, gap.reason)
    }
  }

  /// The page: one HTML file that refers to no other, drawn for light and dark.
  public func html() -> String {
    let title = "\(bundle.task.name) · eptc report"
    let cards = [
      card(
        "Loss", wide: false, LossCurves(history: bundle.training.history, steps: stepLosses).html),
      card("Validation metric", wide: false, MetricCurves(bundle.training).html),
      card("Gate", wide: true, GateMaps(bundle).html),
      bundle.prompt.shape.depth.map {
        card("Gate after blocks", wide: true, DepthGateMap(shape: $0, gates: depthGates).html)
      },
      entities.map { card("Entities of the test rows", wide: false, EntityTable($0).html) }
        ?? card("Confusion on the test rows", wide: false, confusionHTML),
      card("Parameter budget", wide: false, ParameterBudget(bundle).html),
      card("Settings", wide: true, SettingsTables(bundle).html),
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
      \(ReportHeader(bundle).html)
      <div class="cards">
      \(cards.joined(separator: "\n"))
      </div>
      </main>
      </body>
      </html>

      """
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
