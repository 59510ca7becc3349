import EPTFormat
import EPTModel
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

@Suite("Training on a tiny random backbone")
struct TrainerTests {
  private func settings(steps: Int?) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = steps
    settings.batch = 16
    settings.promptLength = 6
    settings.inputLength = 20
    settings.rank = 4
    settings.subspaces = 2
    settings.subspaceWidth = 3
    settings.promptRate = 0.05
    settings.lowRankRate = 0.02
    settings.subspaceRate = 0.02
    settings.headRate = 0.02
    settings.evaluationInterval = 20
    return settings
  }

  private func trainer(
    _ configuration: JSON, _ settings: TrainingSettings, threads: Int = 1, folder: String,
    data: Dataset = TinyBackbone.data(), task: String = "sst2"
  ) throws -> Trainer {
    try Trainer(
      model: TinyBackbone.model(configuration, folder: folder, threads: threads),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: TaskCatalogue.task(named: task), data: data, settings: settings)
  }

  @Test(arguments: [TinyBackbone.bert, TinyBackbone.t5, TinyBackbone.llama])
  func lossFallsAndTheBestIsKept(configuration: JSON) throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(configuration, settings(steps: 120), folder: folder)
      var losses: [Double] = []
      var evaluations: [(step: Int, evaluation: Evaluation)] = []
      let hooks = Trainer.Hooks(progress: { progress in
        switch progress.event {
        case .reading: break
        case .step:
          losses.append(progress.loss ?? .nan)
          #expect(progress.steps == 120)
          #expect(progress.rates[.prompt] > 0)
          #expect((progress.gradientNorm ?? .nan) > 0)
        case .evaluation(let evaluation, _):
          evaluations.append((progress.step, evaluation))
        }
      })
      let bundle = try trainer.run(hooks).best
      #expect(losses.count == 120)
      #expect(losses[119] < 0.75 * losses[0])
      #expect(evaluations.map(\.step) == [0, 20, 40, 60, 80, 100, 120])
      let record = bundle.training
      #expect(record.steps == 120)
      #expect(!record.isInterrupted)
      let test = try #require(record.test)
      // A decoder of random weights can learn no more than how frequent the words are.
      if configuration == TinyBackbone.bert {
        #expect(test.selection > record.testMajority.selection + 0.2)
      }
      let best = try #require(evaluations.first { $0.step == record.bestStep })
      // One of random weights may choose the more frequent word from the start, and nothing beats that.
      let beginsAtBest =
        configuration == TinyBackbone.llama
        && best.evaluation.score.selection >= record.validationMajority.selection
      #expect(record.bestStep > 0 || beginsAtBest)
      #expect(record.validation == best.evaluation.score)
      // Of so few validation rows the loss chooses.
      #expect(evaluations.map(\.evaluation.loss).min() == best.evaluation.loss)
    }
  }

  @Test func aSeedGivesTheSameBytes() throws {
    try TestPaths.withTemporaryFolder { folder in
      func bytes(_ name: String, seed: UInt64) throws -> Data {
        var settings = settings(steps: 25)
        settings.seed = seed
        let bundle = try trainer(TinyBackbone.bert, settings, threads: 2, folder: folder).run()
          .best
        try bundle.write(to: "\(folder)/\(name)", replacing: false)
        #expect(try TaskBundle(path: "\(folder)/\(name)") == bundle)
        return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let first = try bytes("a", seed: 1)
      #expect(try bytes("b", seed: 1) == first)
      #expect(try bytes("c", seed: 2) != first)
    }
  }

  @Test func anInterruptedRunKeepsTheBest() throws {
    try TestPaths.withTemporaryFolder { folder in
      var step = 0
      var best: (evaluation: Evaluation, step: Int)?
      let hooks = Trainer.Hooks(
        progress: { progress in
          step = progress.step
          best = progress.best
        },
        shouldStop: { step >= 33 })
      let bundle = try trainer(TinyBackbone.bert, settings(steps: 100), folder: folder)
        .run(hooks).best
      #expect(bundle.training.isInterrupted)
      #expect(bundle.training.steps == 33)
      #expect(bundle.training.bestStep == best?.step)
      #expect([0, 20].contains(bundle.training.bestStep))
      #expect(bundle.training.validation == best?.evaluation.score)
      #expect(bundle.training.test == nil)
    }
  }

  @Test func aRunStoppedAtOnceStillGivesABundle() throws {
    try TestPaths.withTemporaryFolder { folder in
      let bundle = try trainer(TinyBackbone.t5, settings(steps: nil), folder: folder).run(
        Trainer.Hooks(shouldStop: { true })
      ).best
      #expect(bundle.training.steps == 0)
      #expect(bundle.training.validation == nil)
      #expect(bundle.readout == .labelWords([[3, 1], [4, 1]]))
    }
  }

  @Test func switches() throws {
    try TestPaths.withTemporaryFolder { folder in
      for (rank, subspaces, fusion) in [(0, 0, false), (4, 0, false), (0, 2, false), (4, 0, true)] {
        var settings = settings(steps: 3)
        settings.rank = rank
        settings.subspaces = subspaces
        settings.usesFusion = fusion
        let bundle = try trainer(TinyBackbone.bert, settings, folder: folder).run().best
        #expect(bundle.prompt.usesFusion == fusion)
        #expect(bundle.prompt[.lowRankA].columns == rank)
        #expect(bundle.prompt[.gate].columns == subspaces)
      }
    }
  }

  @Test func anEncoderLearnsAScale() throws {
    try TestPaths.withTemporaryFolder { folder in
      // The last and the first of 26 numbers.
      let pairs = (0..<32).map { index in
        index % 2 == 0
          ? Example(values: ["good", "fine"], label: 25, score: 4.9)
          : Example(values: ["bad", "word1"], label: 0, score: 0.1)
      }
      let bundle = try trainer(
        TinyBackbone.bert, settings(steps: 60), folder: folder,
        data: Dataset(train: pairs, validation: pairs, test: pairs), task: "stsb"
      ).run().best
      guard case .head(let head) = bundle.readout else {
        Issue.record("an encoder's bundle has a head")
        return
      }
      // One output: the cosine of two texts apart, on the labels' scale.
      #expect(head.weight.rows == 1 && head.features == .cosine)
      #expect((bundle.training.validation?.selection ?? 0) > 0.99)
    }
  }

  @Test func whatCannotBeLearntIsRefused() throws {
    _ = try TestPaths.withTemporaryFolder { folder in
      #expect(throws: TaskError.self) {
        try trainer(
          TinyBackbone.bert, settings(steps: 1), folder: folder,
          data: Dataset(train: [], validation: [], test: []))
      }
    }
  }

  @Test func aRateThatDestroysEverythingIsNamed() throws {
    try TestPaths.withTemporaryFolder { folder in
      var settings = settings(steps: 50)
      settings.promptRate = 1e38
      settings.headRate = 1e38
      settings.warmUp = 0
      #expect {
        try trainer(TinyBackbone.bert, settings, folder: folder).run()
      } throws: { "\($0)".contains("lower ") && "\($0)".contains(" rate (now 1e+38)") }
    }
  }
}
