import EPTFormat
import EPTSystem
import EPTTask
import EPTTrain
import Glibc

/// A run as JSON, one object a line, each written at once.
final class TrainingLog {
  private let path: String
  private let descriptor: Int32
  /// Whether two ways to read a pair are tried, so that a seed has two runs.
  private let triesPairs: Bool
  /// Bytes of whole lines so far.
  private var size: Int
  /// Whether a line could not be written: nothing is added then, so that what is there is without gaps.
  private var hasEnded = false

  /// Opens the log.
  ///
  /// Of a run that goes on, the lines after its checkpoint are dropped: it will write them anew.
  ///
  /// - Throws: `FormatError`.
  init(path: String, runs: [SeedSweep.Run], resuming checkpoint: TrainingCheckpoint?) throws {
    triesPairs = Set(runs.map(\.readsApart)).count > 1
    var kept = ""
    if let checkpoint, let file = try? MappedFile(path: path) {
      let text = file.withBytes { String(decoding: $0, as: UTF8.self) }
      for line in text.split(separator: "\n")
      where Self.isKept(String(line), runs: runs, checkpoint) {
        kept += line + "\n"
      }
    }
    try AtomicFile.write(Array(kept.utf8), to: path, replacing: true)
    self.path = path
    size = kept.utf8.count
    descriptor = path.withPath { open($0, O_WRONLY | O_APPEND | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw SystemError.system(operation: .write, path: path, reason: systemReason())
    }
  }

  deinit { close(descriptor) }

  private static func isKept(
    _ line: String, runs: [SeedSweep.Run], _ checkpoint: TrainingCheckpoint
  ) -> Bool {
    guard let json = try? JSON(parsing: line) else { return false }
    guard let seed = json["seed"]?.integer else {
      return json["event"] == "plan" || json["event"] == "baseline"
    }
    // Ends are written anew for all seeds.
    let pair = json[Self.pair]?.string
    let place = runs.firstIndex { run in
      run.seed == UInt64(clamping: seed) && (pair.map { $0 == Self.name(run.readsApart) } ?? true)
    }
    guard let step = json["step"]?.integer, let place else { return false }
    guard place == checkpoint.finishedSeeds else { return place < checkpoint.finishedSeeds }
    return json["event"] == "evaluation"
      ? step <= checkpoint.lastEvaluatedStep : step <= checkpoint.step
  }

  private static let pair = "pair"

  private static func name(_ readsApart: Bool) -> String {
    (readsApart ? PairReading.apart : .joined).rawValue
  }

  /// The members that tell a run from others.
  private func run(_ seed: UInt64, _ readsApart: Bool) -> [JSONMember] {
    [JSONMember("seed", .integer(Int(clamping: seed)))]
      + (triesPairs ? [JSONMember(Self.pair, .string(Self.name(readsApart)))] : [])
  }

  /// Adds a step or an evaluation.
  func write(_ progress: TrainingProgress) {
    if case .reading = progress.event { return }
    var members =
      [JSONMember("event", progress.event == .step ? "step" : "evaluation")]
      + run(progress.seed, progress.readsApart) + [JSONMember("step", .integer(progress.step))]
    if let strength = progress.strength {
      members.append(JSONMember("strength", .number(strength)))
    }
    switch progress.event {
    case .reading: break
    case .step:
      members += [
        JSONMember("loss", number(progress.stepLoss)),
        JSONMember(
          "rates",
          .object(
            ParameterGroup.allCases.map {
              JSONMember($0.rawValue, number(progress.rates[$0]))
            })),
        JSONMember("gradient_norm", number(progress.gradientNorm)),
        JSONMember("examples_per_second", .number(rounded(progress.examplesPerSecond))),
      ]
    case .evaluation(let evaluation, let isBest):
      members += [
        JSONMember("validation", figures(evaluation.score)),
        JSONMember("loss", .number(evaluation.loss)),
        JSONMember("predicted_classes", .integer(evaluation.predictedClasses)),
        JSONMember("best", .bool(isBest)),
        JSONMember("training_seconds", .number(rounded(progress.times.training))),
        JSONMember("evaluation_seconds", .number(rounded(progress.times.evaluation))),
      ]
    }
    write(.object(members))
  }

  /// Adds what a prompt has to beat.
  func write(_ baseline: HeadBaseline) {
    write([
      "event": "baseline", "training_rows": .integer(baseline.trainingRows),
      "validation_rows": .integer(baseline.validationRows),
      "majority": figures(baseline.majority), "head": figures(baseline.validation),
    ])
  }

  /// Adds what the prompt has brought.
  func write(_ comparison: HeadBaseline.Comparison) {
    write([
      "event": "comparison", "rows": .string(comparison.rows),
      "tuned": figures(comparison.tuned), "head": figures(comparison.head),
      "gain": .number(comparison.gain),
    ])
  }

  /// Adds the end of one seed's run.
  func write(_ outcome: TrainingOutcome) {
    let record = outcome.best.training
    let end: JSON = [
      "steps": .integer(record.steps), "best_step": .integer(record.bestStep),
      "interrupted": .bool(record.isInterrupted),
      "validation": record.validation.map(figures) ?? .null,
      "validation_majority": figures(record.validationMajority),
      "test": record.test.map(figures) ?? .null, "test_majority": figures(record.testMajority),
      "training_seconds": .number(rounded(outcome.times.training)),
      "evaluation_seconds": .number(rounded(outcome.times.evaluation)),
    ]
    write(
      .object(
        [JSONMember("event", "end")] + run(outcome.seed, outcome.readsApart) + (end.object ?? [])))
  }

  /// Adds means and deviations over all seeds' runs.
  func write(_ outcomes: [TrainingOutcome]) {
    func spread(_ scores: [MetricScore]) -> JSON {
      .object(
        Spread.of(scores).map { figure in
          JSONMember(figure.name, ["mean": .number(figure.mean), "sd": .number(figure.deviation)])
        })
    }
    write([
      "event": "seeds", "runs": .integer(outcomes.count),
      "validation": spread(outcomes.compactMap(\.best.training.validation)),
      "test": spread(outcomes.compactMap(\.best.training.test)),
      "training_seconds": .number(rounded(outcomes.reduce(0) { $0 + $1.times.training })),
      "evaluation_seconds": .number(rounded(outcomes.reduce(0) { $0 + $1.times.evaluation })),
    ])
  }

  /// Adds one line, whole or not at all.
  ///
  /// A log that cannot be written does not end the run that it is about; it says so once.
  func write(_ json: JSON) {
    guard !hasEnded else { return }
    let line = Array((json.serialized() + "\n").utf8)
    do {
      try DescriptorOutput.write(line, to: descriptor)
      size += line.count
    } catch {
      hasEnded = true
      ftruncate(descriptor, off_t(size))
      let reason =
        switch error {
        case .closed: "nobody reads it"
        case .system(let reason): reason
        }
      report("warning: the log \(path) ends here: \(reason)")
    }
  }

  private func figures(_ score: MetricScore) -> JSON {
    .object(score.figures.map { JSONMember($0.name, .number($0.value)) })
  }

  private func number(_ value: Float?) -> JSON {
    value.flatMap { Double($0.description) }.map { .number($0) } ?? .null
  }

  /// To a thousandth.
  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
