import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTTrain

@Suite("Tags of words are trained by every method")
struct TagTrainingTests {
  private static let tags = ["O", "B-BAD", "I-BAD", "B-GOOD"]

  static func task() throws -> TaskDefinition {
    try TaskDefinition(
      name: "tags", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: tags.map { TaskDefinition.Label($0) }, labelForm: .tags, metric: .entityF1,
      inputLength: 9, split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: ["tokens"], label: "tags", records: .words))
  }

  /// Rows whose tags depend on their words; some are longer than what is read.
  private static func rows(_ count: Int, seed: UInt64) -> [Example] {
    var random = RandomNumbers(.order, seed)
    return (0..<count).map { _ in
      var (words, tags): ([String], [Int]) = ([], [])
      for _ in 0..<2 + random.below(8) {
        switch random.below(5) {
        case 0:
          words.append(TinyBackbone.words[5 + random.below(2)])
          tags.append(3)
        case 1:
          words += [TinyBackbone.words[7], TinyBackbone.words[8]]
          tags += [1, 2]
        default:
          words.append(TinyBackbone.words[9 + random.below(40)])
          tags.append(0)
        }
      }
      return Example(values: words, label: tags.first { $0 > 0 } ?? 0, labels: tags)
    }
  }

  static let data = Dataset(
    train: rows(200, seed: 1), validation: rows(60, seed: 2), test: rows(60, seed: 3))

  /// The best F1 on the test rows of who knows the entities of one type and none of the other.
  static var knowingOneType: Double {
    let truths = data.test.map { Entity.all(in: $0.labels.compactMap { Tag(tags[$0]) }) }
    return ["BAD", "GOOD"].map { type in
      var counts = EntityCounts()
      for truth in truths {
        counts += EntityCounts(truth.filter { $0.type.text == type }, truth)
      }
      return counts.f1
    }.max() ?? 1
  }

  private func settings(
    _ method: TuningMethod, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.method = method
    settings.steps = 60
    settings.batch = 16
    settings.evaluationInterval = 20
    settings.headRate = 0.05
    if method == .pt { settings.nominalLength = 6 }
    change(&settings)
    return settings
  }

  private func trainer(
    _ settings: TrainingSettings, _ configuration: JSON = TinyBackbone.bert, folder: String
  ) throws -> Trainer {
    try Trainer(
      model: TinyBackbone.model(configuration, folder: folder),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity, task: Self.task(),
      data: Self.data, settings: settings)
  }

  @Test(arguments: [TuningMethod.ept, .pt, .head])
  func lossFallsAndTheBundleAnswersAlike(_ method: TuningMethod) throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(settings(method), folder: folder)
      if method == .ept { #expect(trainer.plan.shape.depth != nil) }
      #expect(trainer.plan.head?.description == "a tag a word" && trainer.hasHeadBaseline)
      let outcome = try trainer.run()
      let points = outcome.best.training.history.points
      #expect(points.count == 4)
      #expect((points.map(\.validationLoss).min() ?? 9) < 0.8 * points[0].validationLoss)
      let test = try #require(outcome.best.training.test?.figures.first)
      #expect(test.name == "entity F1" && test.value > Self.knowingOneType, "\(test)")
      let path = folder + "/a.eptb"
      try outcome.best.write(to: path, replacing: false)
      let bundle = try TaskBundle(path: path)
      #expect(bundle == outcome.best)
      for form in [bundle, bundle.folded()] {
        let model = try TinyBackbone.model(TinyBackbone.bert, folder: folder)
        let encoder = InputEncoder(form.task, TinyBackbone.tokenizer, for: model)
        let scores = try model.scoreMatrices(
          TokenBatch(Self.data.test.map { encoder.tokens($0.values) }),
          prompt: model.prepare(form.prompt.folded(), readout: form.readout))
        let evaluation = Evaluation(
          scores: scores, examples: Self.data.test, task: form.task, kind: form.readout.kind)
        #expect(abs(evaluation.score.figures[0].value - test.value) < 1e-4)
      }
    }
  }

  @Test("The gradient of a head on kept states is that of the model's own step")
  func headGradient() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(settings(.head), folder: folder)
      var noise = RandomNumbers(.order, 9)
      var parameters = trainer.start
      var head = try #require(parameters.head)
      head.weight.values = head.weight.values.map { _ in Float(noise.below(100)) / 500 - 0.1 }
      parameters.head = head
      let rows = EncodedRows(data: trainer.data, encoder: trainer.encoder, batch: 16)
      var kept = try FeatureObjective(trainer.model, rows, head, seed: 42)
      let own = PromptObjective(trainer.model, rows, labelTokens: [])
      let chosen = [3, 40, 41, 7, 199]
      let first = try kept.gradient(parameters, rows: chosen)
      let second = try own.gradient(parameters, rows: chosen)
      #expect(abs(first.loss - second.loss) < 1e-5)
      for tensor in [ParameterTensor.headWeight, .headBias] {
        for (one, other) in zip(first.gradient[tensor], second.gradient[tensor]) {
          #expect(abs(one - other) < 1e-5)
        }
      }
    }
  }

  @Test("Broken off and taken up, the bytes are the same", arguments: [TuningMethod.ept, .head])
  func resume(_ method: TuningMethod) throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = SeedSweep(
        [
          try trainer(
            settings(method) { ($0.steps, $0.evaluationInterval) = (8, 3) }, folder: folder)
        ], weights: "w")
      let unbroken = try sweep.run().bundleBytes(in: folder)
      for stop in [2, 7] {
        let path = folder + "/checkpoint"
        try? FileManager.default.removeItem(atPath: path)
        _ = try sweep.runUntilKilled(path: path, checkpointInterval: 1) { $1 >= stop }
        let checkpoint = try TrainingCheckpoint(path: path, of: sweep)
        let resumed = try sweep.run(from: checkpoint).bundleBytes(in: folder)
        #expect(resumed == unbroken, "\(stop)")
      }
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try TestPaths.withTemporaryFolder { folder in
      func expect(
        _ words: String, _ method: TuningMethod = .ept, _ configuration: JSON = TinyBackbone.bert,
        _ change: @escaping (inout TrainingSettings) -> Void = { _ in }
      ) {
        #expect {
          try trainer(settings(method, change), configuration, folder: folder)
        } throws: { "\($0)".contains(words) }
      }
      expect("tags of words need an encoder's head", .ept, TinyBackbone.t5)
      expect("class") { $0.shots = 3 }
      expect("class") { $0.classWeights = .balanced }
      expect("softmax over classes") { $0.calibration = .on }
      expect("one vector a text") { $0.pooling = .cls }
      // A T5's encoder states have a head as well, and those of a Llama.
      for configuration in [TinyBackbone.t5, TinyBackbone.llama] {
        let outcome = try trainer(
          settings(.head) { $0.steps = 2 }, configuration, folder: folder
        ).run()
        #expect(outcome.best.readout.readsWords)
      }
    }
  }
}
