import EPTTask
import EPTTrain
import Glibc

/// Shows a training run on standard error: a live line on a terminal, plain lines elsewhere.
struct TrainingDisplay {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let metric: String
  private var lastShown: ContinuousClock.Instant?
  private let clock = ContinuousClock()

  /// A terminal's line moves ten times a second at most; plain lines come between evaluations
  /// only where these are far apart.
  private var pause: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

  init(isQuiet: Bool, task: TaskDefinition) {
    self.isQuiet = isQuiet
    metric = task.name
  }

  /// Tells what is going to happen.
  func begin(_ data: Dataset, on backbone: BackboneIdentity, plan: TrainingPlan) {
    guard !isQuiet else { return }
    let (shape, rates) = (plan.shape, plan.rates)
    report(
      "\(metric) on \(backbone): \(data.train.count) training, \(data.validation.count) validation, "
        + "\(data.test.count) test rows")
    if data.skippedRows > 0 {
      report("passed over \(data.skippedRows) rows that the official file has broken")
    }
    report(
      "prompt s=\(shape.promptLength) n=\(shape.inputLength) d=\(shape.width) r=\(shape.rank) "
        + "K=\(shape.subspaces) k=\(shape.subspaceWidth): \(plan.parameterCount) numbers "
        + "(budget \(plan.budget))")
    report(
      "learning rates: prompt \(rates.prompt), low-rank \(rates.lowRank), "
        + "subspaces \(rates.subspaces), head \(rates.head); "
        + "the embeddings' RMS is \(plan.embeddingRMS)")
  }

  /// Shows a step or an evaluation.
  mutating func show(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    switch progress.event {
    case .step:
      if let lastShown, lastShown.duration(to: clock.now) < pause { return }
      if lastShown == nil, !isTerminal { break }
      write(line(progress), keeping: !isTerminal)
    case .evaluation(let evaluation, let isBest):
      let collapsed = evaluation.predictedClasses == 1 ? ", only one class predicted" : ""
      write(
        line(progress) + "  validation \(evaluation.score)\(isBest ? ", best so far" : "")"
          + " (majority \(progress.majority)\(collapsed))", keeping: true)
    }
    lastShown = clock.now
  }

  /// Tells what has come of it.
  func end(_ bundle: TaskBundle, path: String) {
    guard !isQuiet else { return }
    let record = bundle.training
    var text = "wrote \(path): step \(record.bestStep)"
    if let validation = record.validation {
      text += ", validation \(validation) (majority \(record.validationMajority))"
    }
    if let test = record.test {
      text += ", test \(test) (majority \(record.testMajority))"
    }
    report(text)
  }

  private func line(_ progress: TrainingProgress) -> String {
    var text = "step \(progress.step)" + (progress.steps.map { "/\($0)" } ?? "")
    guard progress.step > 0 else { return text }
    if let loss = progress.loss { text += "  loss \(Figures.decimals(loss, 4))" }
    text +=
      "  rate \(progress.learningRate)  \(Figures.decimals(progress.examplesPerSecond, 1)) examples/s"
    if let best = progress.best, case .step = progress.event {
      text += "  best \(best.evaluation.score) (majority \(progress.majority))"
    }
    if let seconds = progress.secondsLeft {
      let left = Int(seconds.rounded())
      text += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    return text
  }

  private func write(_ line: String, keeping: Bool) {
    // Return to the line's start and clear it; one that is kept ends with a line feed.
    writeError(isTerminal ? "\r\u{1B}[K\(line)\(keeping ? "\n" : "")" : line + "\n")
  }
}
