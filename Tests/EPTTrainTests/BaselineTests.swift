import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

@Suite("Baselines, weights of classes, the choice and the calibration of a run by steps")
struct BaselineTests {
  private func trainer(
    _ configuration: JSON = TinyBackbone.bert, folder: String, precision: Precision = .f32,
    data: Dataset = TinyBackbone.data(), _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer {
    var settings = TrainingSettings()
    settings.steps = 12
    settings.batch = 8
    settings.promptLength = 4
    settings.inputLength = 20
    settings.evaluationInterval = 4
    change(&settings)
    return try Trainer(
      model: TinyBackbone.model(configuration, folder: folder, precision: precision),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: TaskCatalogue.task(named: "sst2"), data: data, settings: settings)
  }

  @Test("The baseline is the solved head", arguments: [TinyBackbone.bert, TinyBackbone.t5])
  func baseline(configuration: JSON) throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(configuration, folder: folder)
      let baseline = try #require(try trainer.headBaseline())
      #expect(baseline.trainingRows == 400 && baseline.validationRows == 100)
      let head = try self.trainer(configuration, folder: folder) {
        $0.method = .head
        ($0.steps, $0.promptLength, $0.evaluationInterval) = (nil, nil, nil)
      }.run().best
      #expect(baseline.validation == head.training.validation)
      #expect(baseline.majority == head.training.validationMajority)
      let outcome = try trainer.run()
      let comparison = try #require(try trainer.comparison(of: outcome, with: baseline))
      #expect(comparison.rows == "test")
      #expect(comparison.head == head.training.test)
      #expect(comparison.tuned == outcome.best.training.test)
      #expect(
        abs(comparison.gain - (comparison.tuned.selection - comparison.head.selection)) < 1e-12)
      #expect(try trainer.headBaseline(shouldStop: { true }) == nil)
      #expect(
        try trainer.comparison(of: outcome, with: baseline, shouldStop: { true }) == nil)
    }
  }

  @Test("It learns from no more rows than it says, and of one class it learns nothing")
  func bounds() throws {
    try TestPaths.withTemporaryFolder { folder in
      let many = Dataset(
        train: TinyBackbone.examples(HeadBaseline.mostRows + 500, seed: 1),
        validation: TinyBackbone.examples(20, seed: 2), test: [])
      let baseline = try #require(try trainer(folder: folder, data: many).headBaseline())
      #expect(baseline.trainingRows == HeadBaseline.mostRows)
      let one = Dataset(
        train: (0..<20).map { _ in Example(values: ["word1 good"], label: 1) },
        validation: TinyBackbone.examples(20, seed: 2), test: [])
      #expect(try trainer(folder: folder, data: one).headBaseline() == nil)
    }
  }

  /// The loss is a sum over rows, so a class's weight multiplies what its rows give alone.
  @Test(
    "Weights of classes, by a prompt and by a head of steps",
    arguments: [TinyBackbone.bert, TinyBackbone.t5], [Precision.f32, .int8])
  func weightedGradient(configuration: JSON, precision: Precision) throws {
    try TestPaths.withTemporaryFolder { folder in
      let weights: [Float] = [3, 0.5]
      let data = TinyBackbone.data()
      let chosen = Array(0..<24)
      for method in [TuningMethod.pt, .head] {
        let trainer = try trainer(configuration, folder: folder, precision: precision) {
          $0.method = method
          if method == .head { $0.promptLength = nil }
        }
        let rows = EncodedRows(data: data, encoder: trainer.encoder, batch: 8)
        func objective(_ weights: [Float]?) throws -> any TrainingObjective {
          let tokens = configuration == TinyBackbone.t5 ? try trainer.encoder.labelTokens() : []
          return method == .head
            ? try FeatureObjective(
              trainer.model, rows, #require(trainer.start.head), classWeights: weights, seed: 1)
            : PromptObjective(trainer.model, rows, labelTokens: tokens, classWeights: weights)
        }
        var (plain, weighted) = try (objective(nil), objective(weights))
        let whole = try weighted.gradient(trainer.start, rows: chosen)
        var loss = 0.0
        var sum = TrainedParameters.zeros(like: trainer.start)
        for label in [0, 1] {
          let part = chosen.filter { data.train[$0].label == label }
          let share = weights[label] * Float(part.count) / Float(chosen.count)
          let alone = try plain.gradient(trainer.start, rows: part)
          loss += Double(share * alone.loss)
          sum.add(alone.gradient, share: share)
        }
        #expect(abs(Double(whole.loss) - loss) < 1e-4 * loss)
        let scale = sum.tensors.flatMap { sum[$0] }.reduce(Float(0)) { max($0, abs($1)) }
        // int8 rounds a gradient's row by its largest number, which a weight scales with it.
        let bound: Float = precision == .f32 ? 1e-4 : 0.05
        for tensor in sum.tensors {
          for (a, b) in zip(whole.gradient[tensor], sum[tensor]) {
            #expect(abs(a - b) <= bound * scale, "\(method) \(tensor.name)")
          }
        }
      }
    }
  }

  @Test("With fewer than 500 validation rows the loss chooses, else the metric")
  func choice() throws {
    let better = Evaluation(
      score: MetricScore([.init("accuracy", 0.9)]), loss: 0.6, predictedClasses: 2)
    let surer = Evaluation(
      score: MetricScore([.init("accuracy", 0.8)]), loss: 0.5, predictedClasses: 2)
    #expect(better.isBetter(than: surer) && !surer.isBetter(than: better))
    #expect(surer.isBetter(than: better, by: .loss) && !better.isBetter(than: surer, by: .loss))
    #expect(Evaluation.Choice(rows: 499) == .loss && Evaluation.Choice(rows: 500) == .score)
    try TestPaths.withTemporaryFolder { folder in
      #expect(try trainer(folder: folder).plan.choice == .loss)
      let record = try trainer(folder: folder).run().best.training
      let best = record.history.points.min { $0.validationLoss < $1.validationLoss }
      #expect(record.bestStep == best?.step)
      let data = Dataset(
        train: TinyBackbone.examples(50, seed: 1), validation: TinyBackbone.examples(500, seed: 2),
        test: [])
      #expect(try trainer(folder: folder, data: data).plan.choice == .score)
    }
  }

  @Test("The time left is told without steps too: that of a run which gains no more")
  func timeLeft() throws {
    try TestPaths.withTemporaryFolder { folder in
      var told: [TrainingProgress] = []
      let trainer = try trainer(folder: folder) {
        $0.steps = nil
        $0.warmUp = 4
        $0.patience = 2
        $0.longestRun = 40
      }
      _ = try trainer.run(Trainer.Hooks(progress: { told.append($0) }))
      let later = told.filter { $0.step > 0 }
      #expect(!later.isEmpty)
      #expect(later.allSatisfy { ($0.secondsLeft ?? -1) >= 0 })
      #expect(later.first?.isEndKnown == false && later.last?.isEndKnown == true)
      #expect(told.first?.secondsLeft == nil)
    }
  }

  @Test(
    "A temperature is kept in the bundle, lowers the loss, and is the same after --resume",
    arguments: [TinyBackbone.bert, TinyBackbone.t5])
  func calibration(configuration: JSON) throws {
    struct Killed: Error {}
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(configuration, folder: folder) {
        $0.calibration = .on
        $0.steps = 40
        $0.headRate = 1
        $0.promptRate = 0.3
      }
      let best = try trainer.run().best
      #expect(best.temperature != 1)
      let prompt = try trainer.model.prepare(best.prompt.folded(), readout: best.readout)
      let scores = try trainer.model.scores(
        TokenBatch(trainer.data.validation.map { trainer.encoder.tokens($0.values) }),
        prompt: prompt)
      func evaluation(_ temperature: Double) -> Evaluation {
        Evaluation(
          scores: [scores], examples: trainer.data.validation, task: trainer.task,
          temperature: temperature)
      }
      let (plain, scaled) = (evaluation(1), evaluation(Double(best.temperature)))
      #expect(scaled.loss <= plain.loss && scaled.score == plain.score)
      let path = folder + "/checkpoint"
      let sweep = SeedSweep([trainer], weights: "w")
      do {
        _ = try sweep.run { checkpoint in
          try checkpoint.write(to: path)
          if checkpoint.step == 40 { throw Killed() }
        }
      } catch is Killed {}
      let resumed = try sweep.run(from: TrainingCheckpoint(path: path, of: sweep))
      #expect(resumed.first?.best == best)
      let off = try self.trainer(configuration, folder: folder) { $0.calibration = .off }
      #expect(try off.run().best.temperature == 1)
    }
  }

  @Test("A file of class weights, and what is refused of one")
  func weightFiles() throws {
    let task = try TaskCatalogue.task(named: "sst2")
    try TestPaths.withTemporaryFolder { folder in
      func read(_ text: String) throws -> ClassWeights {
        let path = try TestPaths.write(Array(text.utf8), to: "weights.txt", in: folder)
        return try ClassWeights.read(path, for: task)
      }
      for text in [
        "negative\t2\npositive\t0.5\n", "positive,0.5\r\nnegative,2", "1 0.5\n\n0   2\n",
        "negative, 2\npositive , 0.5", "\u{FEFF}negative\t2\npositive\t0.5",
      ] {
        let weights = try read(text)
        #expect(weights == .given([2, 0.5]), "\(text)")
      }
      for (text, clue) in [
        ("negative\t2\n", "the label positive has no weight"), ("", "the label negative has no"),
        ("negative 2\nneutral 1\n", "weights.txt:2: the task has no label neutral"),
        ("negative 2\nnegative 1\n", "weights.txt:2: the label negative stands here twice"),
        ("negative x\n", "the weight x must be a number"), ("negative 0\n", "must be a number"),
        ("negative nan\n", "must be a number"), ("negative -1\n", "must be a number"),
        ("negative 1e30\n", "must be a number"), ("negative\n", "a label and its weight"),
      ] {
        #expect {
          try read(text)
        } throws: { "\($0)".contains(clue) }
      }
      #expect(throws: SystemError.self) {
        try ClassWeights.read(folder + "/none", for: task)
      }
      // Bytes that are no text must not be mended to a name.
      let latin = try TestPaths.write(Array("caf".utf8) + [0xE9, 0x20, 0x31], to: "l", in: folder)
      #expect {
        try ClassWeights.read(latin, for: task)
      } throws: { "\($0)".contains("l:1: a text that is not UTF-8") }
      let long = [UInt8](repeating: 0x20, count: 1 << 16) + Array("1".utf8)
      let wide = try TestPaths.write(long, to: "w", in: folder)
      #expect {
        try ClassWeights.read(wide, for: task)
      } throws: { "\($0)".contains("w:1: a line of more than 65536 bytes") }
      let large = try TestPaths.write(
        [UInt8](repeating: 0x0A, count: (1 << 24) + 1), to: "g", in: folder)
      #expect {
        try ClassWeights.read(large, for: task)
      } throws: { "\($0)".contains("at most 16777216 make sense") }
    }
    let rows = [0, 0, 0, 1].map { Example(values: [""], label: $0) }
    #expect(try ClassWeights.balanced.values(of: rows, classes: 3) == [4.0 / 6, 2, 1])
  }
}
