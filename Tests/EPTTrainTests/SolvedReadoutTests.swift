import EPTCompute
import EPTModel
import EPTTask
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTTrain

@Suite("Heads on two texts apart and on words are solved")
struct SolvedReadoutTests {
  /// What a head reads.
  enum Form: String, CaseIterable, Sendable {
    case pair, words
  }

  private func trainer(
    _ form: Form, folder: String, precision: Precision = .f32,
    _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer {
    var settings = TrainingSettings()
    settings.method = .head
    if form == .pair { settings.pair = .apart }
    change(&settings)
    return try Trainer(
      model: TinyBackbone.model(
        TinyBackbone.bert, folder: folder, threads: 2, precision: precision),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: form == .pair ? ReadoutTrainingTests.task(.pairClasses) : TagTrainingTests.task(),
      data: form == .pair ? ReadoutTrainingTests.data(.pairClasses) : TagTrainingTests.data,
      settings: settings)
  }

  /// What a bundle says of the test rows.
  private func evaluation(_ bundle: TaskBundle, by trainer: Trainer) throws -> Evaluation {
    let prompt = try trainer.model.prepare(bundle.prompt.folded(), readout: bundle.readout)
    let rows = trainer.data.test
    return Evaluation(
      scores: try trainer.model.scoreMatrices(
        TokenBatch(rows.map { trainer.encoder.tokens($0.values) }), prompt: prompt),
      examples: rows, task: trainer.task, kind: bundle.readout.kind)
  }

  @Test(
    "Ten strengths, a lower training loss than by steps, a bundle like any other",
    arguments: Form.allCases, [Precision.f32, .int8])
  func solved(_ form: Form, _ precision: Precision) throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(form, folder: folder, precision: precision)
      #expect(trainer.plan.isSolved && trainer.plan.steps == 10)
      let outcome = try trainer.run()
      let record = outcome.best.training
      #expect(record.steps == 10 && record.settings["strength"]?.number != nil)
      let losses = record.history.points.map(\.validationLoss)
      #expect(record.bestStep == 1 + (losses.firstIndex(of: losses.min() ?? 0) ?? -1))
      let training = record.history.points.compactMap(\.trainingLoss)
      #expect(training.count == 10 && zip(training, training.dropFirst()).allSatisfy { $1 <= $0 })
      let stepped = try self.trainer(form, folder: folder, precision: precision) {
        ($0.steps, $0.headRate) = (200, 0.05)
      }
      #expect(!stepped.plan.isSolved)
      let last = try stepped.run().last.training.history.points.last
      #expect(try #require(training.last) < #require(last?.trainingLoss))
      let path = folder + "/head.eptb"
      try outcome.best.write(to: path, replacing: false)
      #expect(try TaskBundle(path: path) == outcome.best)
      let test = try #require(record.test)
      let again = try evaluation(outcome.best, by: trainer)
      #expect(abs(again.score.selection - test.selection) < 0.02)
      // One of both texts' kinds, or of both types, would not be enough.
      let bound =
        form == .pair ? record.testMajority.selection : TagTrainingTests.knowingOneType
      #expect(test.selection > bound, "\(test)")
    }
  }

  @Test("A pair's vectors are those of each text alone, their distance and their product")
  func pairFeatures() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(.pair, folder: folder)
      let rows = Array(trainer.data.test.prefix(9))
      let head = try #require(trainer.start.head)
      let features = try #require(
        try FrozenFeatures(trainer.model, trainer.encoder, for: head).rows(
          of: rows, shouldStop: { false }))
      #expect(features.counts == nil && features.values.columns == 4 * 32)
      for (row, found) in zip(rows, features.values.eachRow) {
        let vectors = try row.values.map { text in
          try trainer.model.pooledStates(
            TokenBatch([TinyBackbone.tokenizer.encode(text, nil, limit: 20)]))
        }
        let pairs = zip(vectors[0].values, vectors[1].values)
        let expected =
          vectors[0].values + vectors[1].values + pairs.map { abs($0 - $1) }
          + pairs.map { $0 * $1 }
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      }
    }
  }

  @Test("Weights of classes and a temperature go together with two texts apart")
  func weightsAndTemperature() throws {
    try TestPaths.withTemporaryFolder { folder in
      /// How many test rows are answered with the second class, and by how much it is ahead in all.
      func answers(
        _ weights: ClassWeights?, steps: Int? = nil
      ) throws -> (count: Int, lead: Float) {
        let trainer = try trainer(.pair, folder: folder) {
          ($0.classWeights, $0.calibration, $0.steps) = (weights, .on, steps)
        }
        let outcome = try trainer.run()
        // Validation rows count once each, so that they prefer steps before the weights have worked.
        let bundle = steps == nil ? outcome.best : outcome.last
        #expect(bundle.readout.readsApart && bundle.temperature != 1)
        #expect((bundle.training.settings["class_weights"] == nil) == (weights == nil))
        let prompt = try trainer.model.prepare(bundle.prompt.folded(), readout: bundle.readout)
        let scores = try trainer.model.scores(
          TokenBatch(trainer.data.test.map { trainer.encoder.tokens($0.values) }), prompt: prompt)
        let leads = scores.eachRow.map { $0[1] - $0[0] }
        return (leads.count { $0 > 0 }, leads.reduce(0, +))
      }
      let even = try answers(nil).count
      let (less, more) = try (answers(.given([50, 1])).count, answers(.given([1, 50])).count)
      #expect(less <= even && even <= more && less < more)
      let (low, high) = try (
        answers(.given([50, 1]), steps: 60).lead, answers(.given([1, 50]), steps: 60).lead
      )
      #expect(low < high)
    }
  }

  @Test(
    "Broken off after any strength and taken up, the bytes are the same", arguments: Form.allCases)
  func resumed(_ form: Form) throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = SeedSweep([try trainer(form, folder: folder)], weights: "w")
      let whole = try sweep.run().bundleBytes(in: folder)
      let path = folder + "/checkpoint"
      for killedAt in [1, 4, 10] {
        let isKilled = try sweep.runUntilKilled(path: path) { checkpoint, _ in
          checkpoint.step == killedAt
        }
        #expect(isKilled, "the run went on")
        let checkpoint = try TrainingCheckpoint(path: path, of: sweep)
        let resumed = try sweep.run(from: checkpoint).bundleBytes(in: folder)
        #expect(resumed == whole, "killed at \(killedAt)")
      }
    }
  }

  @Test("The head to beat of tags is solved on words, of a pair on both texts as one")
  func baselines() throws {
    try TestPaths.withTemporaryFolder { folder in
      let words = try trainer(.words, folder: folder)
      let tags = try #require(try words.headBaseline())
      #expect(tags.head.features == .words && tags.head.kind == .tags)
      // The same rows, solved by the run itself.
      let own = try words.run()
      #expect(tags.validation == own.best.training.validation)
      let comparison = try #require(try words.comparison(of: own, with: tags))
      #expect(comparison.rows == "test" && comparison.gain == 0)
      let pair = try #require(try trainer(.pair, folder: folder).headBaseline())
      #expect(pair.head.features == .text && pair.head.kind == .classes)
    }
  }
}
