import EPTTask
import EPTTrain
import Glibc

/// Shows a training run on standard error: a live line on a terminal, plain lines elsewhere.
struct TrainingDisplay {
  private let isQuiet: Bool
  /// How many seeds there are.
  private let seeds: Int
  /// Whether each runs with texts joined and apart.
  private let triesPairs: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown: ContinuousClock.Instant?
  private let clock = ContinuousClock()

  /// A terminal's line moves ten times a second at most; plain lines come between evaluations
  /// only where these are far apart.
  private var pause: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

  init(isQuiet: Bool, seeds: Int, triesPairs: Bool = false) {
    self.isQuiet = isQuiet
    self.seeds = seeds
    self.triesPairs = triesPairs
  }

  /// Tells what is going to happen.
  func begin(_ plan: PlanSummary) {
    guard !isQuiet else { return }
    for line in plan.lines { report(line) }
  }

  /// Tells where a run is resumed.
  func resume(_ checkpoint: TrainingCheckpoint) {
    guard !isQuiet else { return }
    let done = checkpoint.finishedSeeds > 0 ? "\(checkpoint.finishedSeeds) seeds and " : ""
    report("going on after \(done)step \(checkpoint.step)")
  }

  /// Tells what a prompt has to beat.
  func show(_ baseline: HeadBaseline) {
    guard !isQuiet else { return }
    report(
      "to beat, on \(baseline.validationRows) validation rows: majority \(baseline.majority); a head on "
        + "the frozen states, solved on \(baseline.trainingRows) training rows: "
        + "\(baseline.validation)")
  }

  /// Tells what the prompt has brought.
  func compare(_ comparison: HeadBaseline.Comparison, method: TuningMethod) {
    guard !isQuiet else { return }
    let points = Figures.decimals(100 * comparison.gain, 1)
    let name = method.rawValue.uppercased()
    let scores = "(\(comparison.rows): \(comparison.tuned), the head \(comparison.head))"
    if comparison.gain >= 0.0005 {
      report("\(name) + \(points) over the head \(scores)")
    } else {
      report("the head is as good as \(name): --method head is faster and smaller \(scores)")
    }
  }

  /// Shows a step or an evaluation.
  mutating func show(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    switch progress.event {
    case .reading(let rows, let all):
      if let lastShown, lastShown.duration(to: clock.now) < pause { return }
      if lastShown == nil, !isTerminal { break }
      write("states of \(rows)/\(all) rows", keeping: !isTerminal)
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

  /// Tells what has come of it, and warns of a prompt that gives all of `rows`, which chose the step, the
  /// same answer though they have others.
  func end(
    _ outcomes: [TrainingOutcome], best: TrainingOutcome, path: String, rows: [Example]
  ) {
    if best.predictedClasses == 1, rows.haveDifferentAnswers {
      report(
        "warning: every validation row got the same answer; the prompt has collapsed to one "
          + "class: train longer, lower the learning rates, or look at the labels")
    }
    guard !isQuiet else { return }
    if outcomes.count > 1 {
      for outcome in outcomes {
        report("\(name(outcome.seed, outcome.readsApart)): \(scores(of: outcome))")
      }
      let alike = outcomes.filter { $0.readsApart == best.readsApart }.map(\.best.training)
      if alike.count > 1 {
        report(
          "\(alike.count) seeds, mean ± sd: validation "
            + "\(spread(alike.compactMap(\.validation))), "
            + "test \(spread(alike.compactMap(\.test)))")
      }
    }
    let run = outcomes.count > 1 ? "\(name(best.seed, best.readsApart)), " : ""
    report("wrote \(path): \(run)\(scores(of: best))")
  }

  /// What a run is called among others: `seed 2, texts apart`.
  private func name(_ seed: UInt64, _ readsApart: Bool) -> String {
    let reading = triesPairs ? "texts \(readsApart ? "apart" : "joined")" : nil
    return [seeds > 1 || !triesPairs ? "seed \(seed)" : nil, reading].compactMap { $0 }
      .joined(separator: ", ")
  }

  private func scores(of outcome: TrainingOutcome) -> String {
    let record = outcome.best.training
    let strength = record.settings["strength"]?.number.map { "C=\(Figures.scientific($0))" }
    var text = strength ?? "step \(record.bestStep)"
    if let validation = record.validation {
      text += ", validation \(validation) (majority \(record.validationMajority))"
    }
    if let test = record.test {
      text += ", test \(test) (majority \(record.testMajority))"
    }
    return text
  }

  /// `accuracy 81.20 ± 0.45`, times 100.
  private func spread(_ scores: [MetricScore]) -> String {
    Spread.of(scores).map { figure in
      let kind = MetricScore.Figure(figure.name, figure.mean)
      return "\(figure.name) \(kind.text) ± \(kind.text(of: figure.deviation))"
    }.joined(separator: " ")
  }

  private func line(_ progress: TrainingProgress) -> String {
    var text =
      seeds > 1 || triesPairs ? name(progress.seed, progress.readsApart) + " " : ""
    if let strength = progress.strength {
      text += "strength \(progress.step)" + (progress.steps.map { "/\($0)" } ?? "")
      text += " C=\(Figures.scientific(strength))"
      if let loss = progress.loss { text += "  loss \(Figures.decimals(loss, 4))" }
      return text
    }
    text += "step \(progress.step)" + (progress.steps.map { "/\($0)" } ?? "")
    guard progress.step > 0 else { return text }
    if let loss = progress.loss { text += "  loss \(Figures.decimals(loss, 4))" }
    text +=
      "  rate \(progress.rates[.prompt])  \(Figures.decimals(progress.examplesPerSecond, 1)) examples/s"
    if let best = progress.best, case .step = progress.event {
      text += "  best \(best.evaluation.score) (majority \(progress.majority))"
    }
    if let seconds = progress.secondsLeft {
      let left = Int(min(max(0, seconds), 1e9).rounded())
      text += progress.isEndKnown ? "  " : "  at least "
      text += "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    return text
  }

  private func write(_ line: String, keeping: Bool) {
    // Return to the line's start and clear it; one that is kept ends with a line feed.
    writeError(isTerminal ? "\r\u{1B}[K\(line)\(keeping ? "\n" : "")" : line + "\n")
  }
}
