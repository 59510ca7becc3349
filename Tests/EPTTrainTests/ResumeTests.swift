import EPTFormat
import EPTModel
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

@Suite(
  "A run that is broken off and taken up ends with the same bytes", .timeLimit(.minutes(15)))
struct ResumeTests {
  private func settings(_ change: (inout TrainingSettings) -> Void = { _ in }) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 24
    settings.batch = 8
    settings.promptLength = 5
    settings.inputLength = 20
    settings.rank = 3
    settings.subspaces = 2
    settings.subspaceWidth = 2
    settings.promptRate = 0.05
    settings.evaluationInterval = 6
    change(&settings)
    return settings
  }

  private func sweep(
    _ settings: TrainingSettings, seeds: [UInt64] = [42], configuration: JSON = TinyBackbone.bert,
    data: Dataset = TinyBackbone.data(), folder: String, weights: String = "w"
  ) throws -> SeedSweep {
    let model = try TinyBackbone.model(configuration, folder: folder)
    return try SeedSweep(
      seeds.map { seed in
        var settings = settings
        settings.seed = seed
        return try Trainer(
          model: model, tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
          task: TaskCatalogue.task(named: "sst2"), data: data, settings: settings)
      }, weights: weights)
  }

  /// Runs until `steps` steps are made in all, as a killed process: what was not saved is lost.
  private func runUntilKilled(
    _ sweep: SeedSweep, after steps: Int, interval: Int?, path: String
  ) throws {
    struct Killed: Error {}
    var made = 0
    let checkpoint =
      FileManager.default.fileExists(atPath: path)
      ? try TrainingCheckpoint(path: path, of: sweep) : nil
    var isKilled = false
    let hooks = Trainer.Hooks(
      progress: { progress in
        made += progress.event == .step ? 1 : 0
        isKilled = made >= steps
      }, shouldStop: { isKilled })
    do {
      _ = try sweep.run(from: checkpoint, hooks, checkpointInterval: interval) { checkpoint in
        if isKilled { throw Killed() }
        try checkpoint.write(to: path)
      }
    } catch is Killed {}
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var seeds: [UInt64] = [42]
    var configuration = TinyBackbone.bert
    var change: @Sendable (inout TrainingSettings) -> Void = { _ in }
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "an encoder, 24 steps"),
    Case(name: "a decoder, cosine", configuration: TinyBackbone.t5) { $0.schedule = .cosine },
    Case(name: "three seeds", seeds: [3, 1, 2]) { $0.steps = 9 },
    Case(name: "without steps, until a plateau") {
      $0.steps = nil
      $0.warmUp = 2
      $0.patience = 2
      $0.longestRun = 48
    },
    Case(name: "the head alone") {
      $0.method = .head
      ($0.promptLength, $0.rank, $0.subspaces) = (nil, nil, nil)
      $0.headRate = 0.05
    },
    Case(name: "accumulation, decay and few shots") {
      $0.accumulation = 2
      $0.weightDecay = 0.1
      $0.shots = 15
    },
  ]

  @Test(arguments: cases)
  func sameBytes(run: Case) throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = try sweep(
        settings(run.change), seeds: run.seeds, configuration: run.configuration, folder: folder)
      let unbroken = try sweep.run().bundleBytes(in: folder)
      #expect(unbroken.count == 2 * run.seeds.count)
      for interval in [nil, 1, 4] {
        let path = folder + "/checkpoint"
        try? FileManager.default.removeItem(atPath: path)
        // Killed twice: soon, and once more after going on.
        try runUntilKilled(sweep, after: 7, interval: interval, path: path)
        try runUntilKilled(sweep, after: 8, interval: interval, path: path)
        let checkpoint = try TrainingCheckpoint(path: path, of: sweep)
        #expect(checkpoint.step > 0 || checkpoint.finishedSeeds > 0)
        let resumed = try sweep.run(from: checkpoint)
        #expect(try resumed.bundleBytes(in: folder) == unbroken, "interval \(interval ?? 0)")
      }
    }
  }

  @Test("An interruption while rows are scored loses nothing either")
  func interruptedEvaluation() throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = try sweep(settings(), folder: folder)
      let unbroken = try sweep.run().bundleBytes(in: folder)
      let path = folder + "/checkpoint"
      for asked in [2, 15, 25, 33, 44] {
        var questions = 0
        let hooks = Trainer.Hooks(shouldStop: {
          questions += 1
          return questions >= asked
        })
        let outcomes = try sweep.run(hooks: hooks, path)
        #expect(outcomes.last?.best.training.isInterrupted == true)
        let resumed = try sweep.run(from: TrainingCheckpoint(path: path, of: sweep))
        #expect(try resumed.bundleBytes(in: folder) == unbroken, "asked \(asked) times")
      }
    }
  }

  @Test("A checkpoint of anything else is refused, and what differs is named")
  func otherRuns() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/checkpoint"
      let mine = try sweep(settings(), folder: folder)
      try runUntilKilled(mine, after: 7, interval: nil, path: path)
      _ = try TrainingCheckpoint(path: path, of: mine)
      var other = TinyBackbone.data()
      other = Dataset(
        train: Array(other.train.dropLast()), validation: other.validation, test: other.test)
      let others = try [
        ("settings.steps", sweep(settings { $0.steps = 25 }, folder: folder)),
        ("settings.prompt_rate", sweep(settings { $0.promptRate = 0.06 }, folder: folder)),
        ("prompt.rank", sweep(settings { $0.rank = 4 }, folder: folder)),
        ("rows", sweep(settings(), data: other, folder: folder)),
        ("weights", sweep(settings(), folder: folder, weights: "other")),
        ("seeds", sweep(settings(), seeds: [42, 43], folder: folder)),
      ]
      for (what, sweep) in others {
        #expect {
          try TrainingCheckpoint(path: path, of: sweep)
        } throws: { error in
          guard case TrainError.otherRun(path, let named, _, _) = error else { return false }
          return named.hasPrefix(what)
        }
      }
    }
  }

  @Test("A damaged checkpoint is refused")
  func damaged() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/checkpoint"
      let sweep = try sweep(settings(), folder: folder)
      try runUntilKilled(sweep, after: 7, interval: nil, path: path)
      let url = URL(fileURLWithPath: path)
      let whole = try Data(contentsOf: url)
      for place in [0, 100, whole.count / 2, whole.count - 1] {
        var bytes = whole
        bytes[place] ^= 1
        try bytes.write(to: url)
        #expect(throws: FormatError.self) { try TrainingCheckpoint(path: path, of: sweep) }
        try whole.prefix(place).write(to: url)
        #expect(throws: FormatError.self) { try TrainingCheckpoint(path: path, of: sweep) }
      }
    }
  }
}

extension SeedSweep {
  /// Runs, keeping checkpoints at `path`.
  fileprivate func run(hooks: Trainer.Hooks, _ path: String) throws -> [TrainingOutcome] {
    try run(hooks, save: { try $0.write(to: path) })
  }
}
