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

/// Training of every read-out, by every method.
@Suite("Every read-out is trained by every method")
struct ReadoutTrainingTests {
  /// What rows are asked for.
  enum Question: String, CaseIterable, Sendable {
    case number, similarity, labels, pairClasses

    var isPair: Bool { self == .similarity || self == .pairClasses }
  }

  static func task(_ question: Question) throws -> TaskDefinition {
    let fields = question.isPair ? ["a", "b"] : ["a"]
    let isNumber = question == .number || question == .similarity
    return try TaskDefinition(
      name: "mine", fields: fields, template: fields.map { "{\($0)}" }.joined(separator: " "),
      segments: fields.map { "{\($0)}" },
      labels: isNumber ? [] : ["one", "two"].map { TaskDefinition.Label($0) }, isScale: isNumber,
      labelForm: question == .labels ? .several : .one,
      metric: isNumber ? .pearsonSpearman : question == .labels ? .microMacroF1 : .accuracy,
      inputLength: 20, split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: fields))
  }

  /// Rows whose answer depends on which kind words they have.
  private static func rows(_ question: Question, _ count: Int, seed: UInt64) -> [Example] {
    var random = RandomNumbers(.order, seed)
    let kind = TinyBackbone.words[5...8]
    func text(_ words: [String]) -> String {
      var text = (0..<3 + random.below(5)).map { _ in
        TinyBackbone.words[9 + random.below(40)]
      }
      for word in words { text.insert(word, at: random.below(text.count)) }
      return text.joined(separator: " ")
    }
    return (0..<count).map { _ in
      let (first, second) = (random.below(2) == 1, random.below(2) == 1)
      let good = kind[5 + random.below(2)]
      let bad = kind[7 + random.below(2)]
      switch question {
      case .number:
        let words = (first ? [good] : []) + (second ? [good] : [])
        return Example(values: [text(words)], label: 0, score: 100 + 50 * Double(words.count))
      case .labels:
        let labels: [Int] = (first ? [0] : []) + (second ? [1] : [])
        return Example(
          values: [text((first ? [good] : []) + (second ? [bad] : []))], label: labels.first ?? 0,
          labels: labels)
      case .similarity:
        let values = [
          text([good, good, good]), text([first ? good : bad, bad, second ? good : bad]),
        ]
        return Example(values: values, label: 0, score: (first ? 2 : 0) + (second ? 2 : 0))
      case .pairClasses:
        return Example(
          values: [text([first ? good : bad]), text([second ? good : bad])],
          label: first && second ? 1 : 0)
      }
    }
  }

  static func data(_ question: Question) -> Dataset {
    Dataset(
      train: rows(question, 200, seed: 1), validation: rows(question, 60, seed: 2),
      test: rows(question, 60, seed: 3))
  }

  private func settings(
    _ method: TuningMethod, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.method = method
    settings.steps = 40
    settings.batch = 16
    settings.nominalLength = 12
    settings.evaluationInterval = 10
    settings.headRate = 0.05
    if method == .ept { settings.promptLength = 4 }
    change(&settings)
    return settings
  }

  private func trainer(
    _ question: Question, _ settings: TrainingSettings, _ configuration: JSON = TinyBackbone.bert,
    precision: Precision? = nil, folder: String
  ) throws -> Trainer {
    try Trainer(
      model: TinyBackbone.model(configuration, folder: folder),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: Self.task(question), data: Self.data(question), settings: settings)
  }

  @Test(arguments: Question.allCases, [TuningMethod.ept, .pt, .head])
  func lossFallsAndTheBundleAnswersAlike(_ question: Question, _ method: TuningMethod) throws {
    try TestPaths.withTemporaryFolder { folder in
      let settings = settings(method) {
        if question == .pairClasses { $0.pair = .apart }
        // Depth is reached through both texts.
        if method == .ept { $0.depth = .all }
      }
      let trainer = try trainer(question, settings, folder: folder)
      let outcome = try trainer.run()
      let points = outcome.best.training.history.points
      #expect(points.count == 5)
      let lowest = points.map(\.validationLoss).min() ?? 0
      #expect(lowest < points[0].validationLoss)
      let best = outcome.best
      #expect(best.readout.readsApart == question.isPair)
      // What the bundle says of the test rows is what training said.
      let path = folder + "/a.eptb"
      try best.write(to: path, replacing: false)
      let bundle = try TaskBundle(path: path)
      #expect(bundle == best)
      for form in [bundle, bundle.folded()] {
        let model = try TinyBackbone.model(TinyBackbone.bert, folder: folder)
        let encoder = InputEncoder(
          form.task, TinyBackbone.tokenizer, hasDecoder: false, isApart: form.readout.readsApart)
        let rows = Self.data(question).test
        let scores = try model.scores(
          TokenBatch(rows.map { encoder.tokens($0.values) }),
          prompt: model.prepare(form.prompt.folded(), readout: form.readout))
        let evaluation = Evaluation(
          scores: [scores], examples: rows, task: form.task, kind: form.readout.kind)
        for (figure, expected) in zip(evaluation.score.figures, best.training.test?.figures ?? []) {
          #expect(abs(figure.value - expected.value) < 1e-4)
        }
      }
    }
  }

  @Test("A cosine starts as the untrained one, on the labels' own scale")
  func cosineStart() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(
        .similarity, settings(.ept) { ($0.promptLength, $0.depth) = (0, .all) }, folder: folder)
      let head = try #require(trainer.start.head)
      guard case .number(let scale) = head.kind else {
        Issue.record("\(head.kind)")
        return
      }
      // Labels from 0 to 4.
      for cosine in [Float(-1), 0, 0.3, 1] {
        let number = scale.number(head.weight.values[0] * cosine + head.bias[0])
        #expect(abs(number - 4 * Double(cosine)) < 1e-5)
      }
    }
  }

  @Test(
    "Broken off and taken up, the bytes are the same", arguments: Question.allCases,
    [TuningMethod.ept, .head])
  func resume(_ question: Question, _ method: TuningMethod) throws {
    try TestPaths.withTemporaryFolder { folder in
      let sweep = try SeedSweep(
        ([nil] + (question.isPair ? [PairReading.joined] : [])).map { pair in
          try trainer(
            question,
            settings(method) {
              ($0.steps, $0.evaluationInterval) = (8, 3)
              $0.pair = pair
            }, folder: folder)
        }, weights: "w")
      let unbroken = try sweep.run().bundleBytes(in: folder)
      for stop in [2, 7, 9, 15] {
        let path = folder + "/checkpoint"
        try? FileManager.default.removeItem(atPath: path)
        _ = try sweep.runUntilKilled(path: path, checkpointInterval: 1) { $1 >= stop }
        let checkpoint = try TrainingCheckpoint(path: path, of: sweep)
        let resumed = try sweep.run(from: checkpoint).bundleBytes(in: folder)
        #expect(resumed == unbroken, "\(stop)")
      }
    }
  }

  @Test func thresholdsAreOfTheValidationRows() throws {
    try TestPaths.withTemporaryFolder { folder in
      let outcome = try trainer(.labels, settings(.head), folder: folder).run()
      guard case .labels(let thresholds) = outcome.best.readout.kind else {
        Issue.record("\(outcome.best.readout.kind)")
        return
      }
      #expect(thresholds.count == 2 && thresholds.allSatisfy { (0...1).contains($0) })
      #expect(thresholds != [0.5, 0.5])
    }
  }

  @Test("A head of a bundle is taken over where it answers alike")
  func startFromABundle() throws {
    try TestPaths.withTemporaryFolder { folder in
      let outcome = try trainer(.number, settings(.ept), folder: folder).run()
      let model = try TinyBackbone.model(TinyBackbone.bert, folder: folder)
      func start(_ question: Question) throws -> LinearHead? {
        try Trainer(
          model: model, tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
          task: Self.task(question), data: Self.data(question), settings: settings(.ept),
          start: .bundle(outcome.best, for: Self.task(question))
        ).start.head
      }
      guard case .head(let head) = outcome.best.readout else { return }
      #expect(try start(.number) == head)
      // The same labels, which are none, but the cosine of two texts.
      #expect(try start(.similarity)?.features == .cosine)
      #expect(try start(.labels)?.weight.values.allSatisfy { $0 == 0 } == true)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try TestPaths.withTemporaryFolder { folder in
      func expect(
        _ words: String, _ question: Question, _ configuration: JSON = TinyBackbone.bert,
        _ change: @escaping (inout TrainingSettings) -> Void = { _ in }
      ) {
        #expect {
          try trainer(question, settings(.ept, change), configuration, folder: folder)
        } throws: { "\($0)".contains(words) }
      }
      expect("two texts", .number) { $0.pair = .apart }
      expect("class", .number) { $0.shots = 3 }
      expect("class", .labels) { $0.shots = 3 }
      expect("decoder", .pairClasses, TinyBackbone.t5) { $0.pair = .apart }
      expect("label words", .number, TinyBackbone.t5)
      expect("several labels", .labels, TinyBackbone.t5)
      let model = try TinyBackbone.model(TinyBackbone.bert, folder: folder)
      for numbers in [[3.0, 3], [1e200, -1e200], [1e-60, 0]] {
        let rows = numbers.map { Example(values: ["good"], label: 0, score: $0) }
        #expect(throws: TaskError.self) {
          try Trainer(
            model: model, tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
            task: Self.task(.number), data: Dataset(train: rows, validation: rows, test: []),
            settings: settings(.ept))
        }
      }
    }
  }
}
