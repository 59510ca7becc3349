import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import Testing

@testable import EPTTrain

@Suite("Methods, accumulation, shots and seeds")
struct MethodTests {
  private func settings(_ method: TuningMethod) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.method = method
    settings.steps = 4
    settings.batch = 8
    settings.inputLength = 20
    settings.nominalLength = 12
    settings.evaluationInterval = 2
    return settings
  }

  private func trainer(
    _ settings: TrainingSettings, _ configuration: JSON = TinyBackbone.bert, folder: String
  ) throws -> Trainer {
    try Trainer(
      model: TinyBackbone.model(configuration, folder: folder),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: TaskCatalogue.task(named: "sst2"), data: TinyBackbone.data(), settings: settings)
  }

  @Test func sizesOfTheMethods() throws {
    func shape(
      _ method: TuningMethod, hasHead: Bool = true,
      _ change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> PromptShape {
      var settings = TrainingSettings()
      settings.method = method
      change(&settings)
      return try TrainingPlan(
        settings, task: TaskCatalogue.task(named: "rte"), hiddenSize: 768, positions: nil,
        embeddingRMS: 1, hasHead: hasHead, blocks: (encoder: 2, decoder: 0)
      ).shape
    }
    let (dept, pt, head) = try (shape(.dept), shape(.pt), shape(.head))
    let ept = try shape(.ept) { $0.promptLength = 10 }
    // 10 rows of 768, and 3 072 · 3 numbers of subspaces and gate, leave 59 904.
    #expect((ept.promptLength, ept.rank, ept.subspaces, ept.subspaceWidth) == (10, 58, 4, 1))
    let words = try shape(.ept, hasHead: false)
    // 10 rows of 768, and 3 072 · 9 numbers of subspaces of width 4, leave 41 472.
    #expect((words.promptLength, words.rank, words.subspaces) == (10, 40, 4))
    #expect(words.subspaceWidth == 4)
    #expect(try shape(.ept) { ($0.promptLength, $0.subspaceWidth) = (40, 4) }.rank == 18)
    // 40 rows of 768 leave 46 080 of the budget; a rank costs 256 + 768.
    #expect((dept.promptLength, dept.rank, dept.subspaces) == (40, 45, 0))
    #expect((pt.promptLength, pt.rank, pt.subspaces) == (100, 0, 0))
    #expect((head.promptLength, head.rank, head.subspaces) == (0, 0, 0))
    #expect(try shape(.pt) { $0.nominalLength = 30 }.promptLength == 30)
    #expect(try shape(.dept) { $0.promptLength = 60 }.rank == 30)
  }

  @Test func partsThatAMethodLacksAreRefused() {
    func expect(
      _ setting: String, _ method: TuningMethod, _ change: (inout TrainingSettings) -> Void
    ) {
      var settings = settings(method)
      change(&settings)
      #expect {
        try settings.validate()
      } throws: { "\($0)".hasPrefix("\(setting) does not go with method \(method.rawValue)") }
    }
    expect("rank", .pt) { $0.rank = 1 }
    expect("fusion scale", .dept) { $0.fusionScale = 2 }
    expect("subspaces", .dept) { $0.subspaces = 2 }
    expect("fusion", .dept) { $0.usesFusion = true }
    expect("prompt length", .head) { $0.promptLength = 3 }
    var zero = settings(.pt)
    zero.rank = 0
    zero.usesFusion = false
    #expect(throws: Never.self) { try zero.validate() }
  }

  @Test("A prompt of no numbers is none")
  func impossible() throws {
    try TestPaths.withTemporaryFolder { folder in
      var empty = settings(.ept)
      (empty.promptLength, empty.rank) = (0, 0)
      #expect {
        try trainer(empty, folder: folder)
      } throws: { "\($0)".hasPrefix("prompt length must be 1 or more") }
    }
  }

  /// What stands behind a text can be read by a head too; it reads the last token.
  @Test func headOnADecoderAlone() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(settings(.head), TinyBackbone.llama, folder: folder)
      #expect(trainer.plan.pooling == .last)
      let bundle = try trainer.run().best
      guard case .head(let head) = bundle.readout else {
        Issue.record("the bundle has no head")
        return
      }
      #expect(head.pooling == .last)
      let path = folder + "/head.eptb"
      try bundle.write(to: path, replacing: false)
      #expect(try TaskBundle(path: path) == bundle)
    }
  }

  @Test("A bundle without prompt rows is written, read and equal", arguments: [0, 3])
  func withoutRows(rank: Int) throws {
    try TestPaths.withTemporaryFolder { folder in
      var settings = settings(rank == 0 ? .head : .ept)
      if rank > 0 { (settings.promptLength, settings.rank) = (0, rank) }
      let bundle = try trainer(settings, folder: folder).run().best
      #expect(bundle.prompt.shape.promptLength == 0)
      let path = folder + "/head.eptb"
      try bundle.write(to: path, replacing: false)
      #expect(try TaskBundle(path: path) == bundle)
    }
  }

  /// The head's own path against the model's, which PyTorch's goldens hold.
  @Test func headGradientIsTheModels() throws {
    try TestPaths.withTemporaryFolder { folder in
      let model = try TinyBackbone.model(TinyBackbone.bert, folder: folder)
      let data = TinyBackbone.data()
      let task = try TaskCatalogue.task(named: "sst2").limited(to: 20)
      let encoder = InputEncoder(task, TinyBackbone.tokenizer, hasDecoder: false)
      let rows = EncodedRows(data: data, encoder: encoder, batch: 32)
      let shape = PromptShape(
        promptLength: 0, inputLength: 20, hiddenSize: 32, rank: 0, subspaces: 0, subspaceWidth: 4)
      var random = RandomNumbers(.initialisation, 9)
      let parameters = TrainedParameters(
        prompt: EPTPrompt(shape: shape),
        head: LinearHead(
          weight: Matrix(rows: 2, columns: 32, values: random.gaussians(64)), bias: [0.3, -0.2]))
      let head = try #require(parameters.head)
      var mine = try FeatureObjective(model, rows, head, seed: 5)
      let theirs = PromptObjective(model, rows, labelTokens: [])
      for chosen in [[3, 399, 0, 17], [3, 5]] {
        let one = try mine.gradient(parameters, rows: chosen)
        let other = try theirs.gradient(parameters, rows: chosen)
        #expect(abs(one.loss - other.loss) < 1e-5)
        for tensor in [ParameterTensor.headWeight, .headBias] {
          for (a, b) in zip(one.gradient[tensor], other.gradient[tensor]) {
            #expect(abs(a - b) < 1e-5)
          }
        }
      }
      let scores = try #require(
        try mine.scores(parameters, of: .validation, shouldStop: { false }))
      let expected = try #require(
        try theirs.scores(parameters, of: .validation, shouldStop: { false }))
      #expect(scores.count == 4)
      for (a, b) in zip(scores.flatMap(\.values), expected.flatMap(\.values)) {
        #expect(abs(a - b) < 1e-4)
      }
    }
  }

  @Test("Accumulated batches make the step of one large batch", arguments: TuningMethod.allCases)
  func accumulation(method: TuningMethod) throws {
    try TestPaths.withTemporaryFolder { folder in
      func losses(batch: Int, accumulation: Int) throws -> (losses: [Float], norms: [Float]) {
        var settings = settings(method)
        (settings.batch, settings.accumulation) = (batch, accumulation)
        var seen: (losses: [Float], norms: [Float]) = ([], [])
        let hooks = Trainer.Hooks(progress: { progress in
          guard progress.event == .step else { return }
          seen.losses.append(progress.stepLoss ?? .nan)
          seen.norms.append(progress.gradientNorm ?? .nan)
        })
        _ = try trainer(settings, folder: folder).run(hooks)
        return seen
      }
      let large = try losses(batch: 24, accumulation: 1)
      let small = try losses(batch: 8, accumulation: 3)
      #expect(large.losses.count == 4 && small.losses.count == 4)
      for (a, b) in zip(large.losses + large.norms, small.losses + small.norms) {
        #expect(abs(a - b) <= 2e-4 * max(1, abs(a)), "\(large) \(small)")
      }
    }
  }

  @Test func shotsPerClass() throws {
    let examples = TinyBackbone.examples(100, seed: 8) + [Example(values: ["x"], label: 2)]
    let rows = FewShot.rows(5, of: examples, classes: 3, seed: 1)
    #expect(rows == rows.sorted() && Set(rows).count == rows.count)
    let counts = (0..<3).map { label in rows.count { examples[$0].label == label } }
    #expect(counts == [5, 5, 1])
    #expect(FewShot.rows(5, of: examples, classes: 3, seed: 1) == rows)
    #expect(FewShot.rows(5, of: examples, classes: 3, seed: 2) != rows)
    #expect(Set(rows).isSubset(of: FewShot.rows(9, of: examples, classes: 3, seed: 1)))
    #expect(FewShot.rows(1000, of: examples, classes: 3, seed: 1) == Array(0..<101))

    try TestPaths.withTemporaryFolder { folder in
      var settings = settings(.pt)
      settings.shots = 6
      let trainer = try trainer(settings, folder: folder)
      #expect(trainer.data.train.count == 12)
      #expect(trainer.data.validation.count == TinyBackbone.data().validation.count)
    }
  }

  /// Mean and deviation by hand: 0.1, 0.2, 0.6 have mean 0.3 and squares 0.04 + 0.01 + 0.09.
  @Test func spreadOverSeeds() throws {
    let scores = [0.1, 0.2, 0.6].map { value in
      MetricScore([.init("F1", value), .init("accuracy", 0.5)])
    }
    let spread = Spread.of(scores)
    #expect(spread.map(\.name) == ["F1", "accuracy"])
    #expect(abs(spread[0].mean - 0.3) < 1e-12)
    #expect(abs(spread[0].deviation - 0.07.squareRoot()) < 1e-12)
    #expect(abs(spread[1].mean - 0.5) < 1e-12 && spread[1].deviation == 0)
    #expect(Spread.of([scores[0]])[0].deviation == 0)
    #expect(Spread.of([]).isEmpty)
  }

  @Test("Each seed's run is the run of that seed alone; the best by validation is told")
  func seeds() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainers = try [7, 8, 9].map { (seed: UInt64) in
        var settings = settings(.ept)
        settings.promptLength = 4
        settings.seed = seed
        return try trainer(settings, folder: folder)
      }
      let outcomes = try SeedSweep(trainers, weights: "").run()
      #expect(outcomes.map(\.seed) == [7, 8, 9])
      for (trainer, outcome) in zip(trainers, outcomes) {
        #expect(try trainer.run().best == outcome.best)
      }
      let scores = try outcomes.map { try #require($0.best.training.validation).selection }
      let best = try #require(outcomes.bestByValidation)
      #expect(best.seed == outcomes[try #require(scores.firstIndex(of: scores.max() ?? 0))].seed)
    }
  }

  @Test("Last parameters are those after the last step")
  func lastIsKept() throws {
    try TestPaths.withTemporaryFolder { folder in
      var settings = settings(.pt)
      settings.promptLength = 3
      settings.steps = 40
      let outcome = try trainer(settings, folder: folder).run()
      #expect(outcome.last.training.bestStep == 40)
      #expect(outcome.last.training.validation != nil)
      #expect(outcome.best.training.bestStep < 40 ? outcome.best != outcome.last : true)
      #expect(outcome.best.training.steps == 40)
    }
  }
}
