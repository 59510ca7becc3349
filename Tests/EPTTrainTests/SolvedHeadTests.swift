import EPTCompute
import EPTFormat
import EPTModel
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

@Suite("Method head, solved")
struct SolvedHeadTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let configuration: JSON
    let precision: Precision
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "BERT in f32", configuration: TinyBackbone.bert, precision: .f32),
    Case(name: "BERT in int8", configuration: TinyBackbone.bert, precision: .int8),
    Case(name: "T5 in f32", configuration: TinyBackbone.t5, precision: .f32),
    Case(name: "T5 in int8", configuration: TinyBackbone.t5, precision: .int8),
  ]

  private func trainer(
    _ run: Case = cases[0], folder: String, data: Dataset = TinyBackbone.data(),
    start: StartingPrompt = .vocabulary, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer {
    var settings = TrainingSettings()
    settings.method = .head
    settings.inputLength = 20
    change(&settings)
    return try Trainer(
      model: TinyBackbone.model(
        run.configuration, folder: folder, threads: 2, precision: run.precision),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: TaskCatalogue.task(named: "sst2"), data: data, settings: settings, start: start)
  }

  @Test("Ten strengths, the least validation loss, a bundle like any other", arguments: cases)
  func solved(run: Case) throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(run, folder: folder)
      #expect(trainer.plan.isSolved && trainer.plan.steps == 10)
      #expect(trainer.plan.parameterCount == 2 * 33)
      var events: [TrainingProgress] = []
      let outcome = try trainer.run(Trainer.Hooks(progress: { events.append($0) }))
      let record = outcome.best.training
      #expect(record.steps == 10 && !record.isInterrupted)
      #expect(record.history.points.map(\.step) == Array(1...10))
      let losses = record.history.points.map(\.validationLoss)
      #expect(record.bestStep == 1 + (losses.firstIndex(of: losses.min() ?? 0) ?? -1))
      // A weaker penalty always fits the training rows better.
      let training = record.history.points.compactMap(\.trainingLoss)
      #expect(training.count == 10 && zip(training, training.dropFirst()).allSatisfy { $1 <= $0 })
      #expect(record.settings["strength"]?.number != nil)
      #expect(try #require(record.test).selection > record.testMajority.selection + 0.2)
      #expect(outcome.last.training.bestStep == 10)
      let steps = events.filter { $0.event == .step }
      #expect(steps.map(\.step) == Array(1...10) && steps.allSatisfy { $0.steps == 10 })
      #expect(steps.compactMap(\.strength) == LogisticRegression.strengths)
      #expect(events.contains { $0.event == .reading(rows: 400, of: 400) })

      let path = folder + "/head.eptb"
      try outcome.best.write(to: path, replacing: false)
      #expect(try TaskBundle(path: path) == outcome.best)
      guard case .head(let head) = outcome.best.readout else {
        Issue.record("method head gives a head")
        return
      }
      #expect(head.weight.rows == 2 && head.weight.columns == 32)
      // What answers compute is what was judged here.
      let prepared = try trainer.model.prepare(
        outcome.best.prompt.folded(), readout: outcome.best.readout)
      let scores = try trainer.model.scores(
        TokenBatch(trainer.data.test.map { trainer.encoder.tokens($0.values) }), prompt: prepared)
      let evaluation = Evaluation(
        scores: [scores], examples: trainer.data.test, task: trainer.task)
      #expect(abs(evaluation.score.selection - (record.test?.selection ?? 0)) <= 0.011)
    }
  }

  @Test("It beats the same head trained by steps in training loss, and needs no steps' settings")
  func besideSteps() throws {
    try TestPaths.withTemporaryFolder { folder in
      let solved = try trainer(folder: folder).run().last.training
      let stepped = try trainer(folder: folder) { $0.steps = 200 }.run().last.training
      let (mine, theirs) = (solved.history.points.last, stepped.history.points.last)
      #expect(try #require(mine?.trainingLoss) < #require(theirs?.trainingLoss))
      for change: (inout TrainingSettings) -> Void in [
        { $0.headRate = 0.1 }, { $0.warmUp = 3 }, { $0.patience = 2 },
        { $0.evaluationInterval = 5 },
      ] {
        #expect {
          try trainer(folder: folder, change)
        } throws: { "\($0)".contains("is of a head that is trained by steps") }
        #expect(throws: Never.self) {
          try trainer(folder: folder) {
            change(&$0)
            $0.steps = 20
          }
        }
      }
    }
  }

  @Test("Broken off after any strength and taken up, it ends with the same bytes", arguments: cases)
  func resumed(run: Case) throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = SeedSweep([try trainer(run, folder: folder)], weights: "w")
      let whole = try sweep.run().bundleBytes(in: folder)
      let path = folder + "/checkpoint"
      for killedAt in [1, 4, 10] {
        let isKilled = try sweep.runUntilKilled(path: path) { checkpoint, _ in
          checkpoint.step == killedAt
        }
        #expect(isKilled, "the run went on")
        let checkpoint = try TrainingCheckpoint(path: path, of: sweep)
        #expect(checkpoint.step == killedAt)
        let resumed = try sweep.run(from: checkpoint).bundleBytes(in: folder)
        #expect(resumed == whole, "killed at \(killedAt)")
      }
      // Stopped whenever the run asks.
      for asked in [1, 2, 3, 5, 9, 20, 40] {
        var questions = 0
        let hooks = Trainer.Hooks(shouldStop: {
          questions += 1
          return questions >= asked
        })
        let stopped = try sweep.run(hooks: hooks, path)
        guard stopped.last?.best.training.isInterrupted == true else { continue }
        let resumed = try sweep.run(from: TrainingCheckpoint(path: path, of: sweep))
        #expect(try resumed.bundleBytes(in: folder) == whole, "asked \(asked) times")
      }
    }
  }

  @Test("Another head to start from, and another seed, lead to the same answers")
  func starts() throws {
    try TestPaths.withTemporaryFolder { folder in
      let first = try trainer(folder: folder).run().best
      let again = try trainer(folder: folder, start: .bundle(first, for: first.task)).run().best
      #expect(again.training.bestStep == first.training.bestStep)
      #expect(again.training.test == first.training.test)
      #expect(try trainer(folder: folder) { $0.seed = 7 }.run().best.readout == first.readout)
      let few = try trainer(folder: folder) { $0.shots = 8 }
      #expect(few.data.train.count == 16)
      #expect(try few.run().best.training.steps == 10)
    }
  }

  @Test("A class that weighs more is answered more often")
  func classWeights() throws {
    try TestPaths.withTemporaryFolder { folder in
      func share(_ weights: ClassWeights?) throws -> Double {
        let trainer = try trainer(folder: folder) { $0.classWeights = weights }
        let bundle = try trainer.run().last
        let prompt = try trainer.model.prepare(bundle.prompt.folded(), readout: bundle.readout)
        let scores = try trainer.model.scores(
          TokenBatch(trainer.data.test.map { trainer.encoder.tokens($0.values) }), prompt: prompt)
        var sum = 0.0
        for row in 0..<scores.rows {
          sum += Double(scores.values[2 * row + 1]) - Double(scores.values[2 * row])
        }
        return sum
      }
      let even = try share(nil)
      #expect(try share(.given([1, 50])) > even)
      #expect(try share(.given([50, 1])) < even)
      #expect(
        try trainer(folder: folder) { $0.classWeights = .balanced }
          .plan.json["class_weights"] == "balanced")
      #expect {
        try trainer(folder: folder) { $0.classWeights = .given([1, 1, 1]) }
      } throws: { "\($0)".hasPrefix("class weights must be 2 numbers") }
    }
  }
}

extension SeedSweep {
  /// Runs, keeping checkpoints at `path`.
  fileprivate func run(hooks: Trainer.Hooks, _ path: String) throws -> [TrainingOutcome] {
    try run(hooks, save: { try $0.write(to: path) })
  }
}
