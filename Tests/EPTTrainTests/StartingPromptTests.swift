import EPTFormat
import EPTModel
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

@Suite("What training starts from")
struct StartingPromptTests {
  private func trainer(
    _ start: StartingPrompt, folder: String, configuration: JSON = TinyBackbone.t5,
    data: Dataset = TinyBackbone.data(), _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer {
    var settings = TrainingSettings()
    settings.steps = 4
    settings.batch = 8
    settings.inputLength = 20
    settings.evaluationInterval = 4
    change(&settings)
    return try Trainer(
      model: TinyBackbone.model(configuration, folder: folder),
      tokenizer: TinyBackbone.tokenizer, identity: TinyBackbone.identity,
      task: TaskCatalogue.task(named: "sst2"), data: data, settings: settings, start: start)
  }

  private func tuned(folder: String, configuration: JSON = TinyBackbone.t5) throws -> TaskBundle {
    let trainer = try trainer(.vocabulary, folder: folder, configuration: configuration) {
      $0.promptLength = 5
      $0.rank = 3
      $0.subspaces = 2
      $0.alpha = 6
    }
    var bundle = try trainer.run().best
    // As after a longer run: a gate that prefers, a pair that adds.
    for part in [PromptPart.lowRankB, .subspaceUp, .gate] {
      bundle.prompt[part].values = bundle.prompt[part].values.indices.map { Float($0 % 5) / 9 }
    }
    return bundle
  }

  @Test("a bundle's head goes on reading what it was trained on")
  func aBundlesPooling() throws {
    try TestPaths.withTemporaryFolder { folder in
      let task = try TaskCatalogue.task(named: "sst2")
      func pooling(_ bundle: TaskBundle, given: Pooling? = nil) throws -> Pooling? {
        try trainer(
          .bundle(bundle, for: task), folder: folder, configuration: TinyBackbone.bert
        ) { $0.pooling = given }.plan.pooling
      }
      var bundle = try tuned(folder: folder, configuration: TinyBackbone.bert)
      #expect(bundle.pooling == .mean)
      bundle.pooling = .cls
      #expect(try pooling(bundle) == .cls)
      #expect(try pooling(bundle, given: .last) == .last)
    }
  }

  @Test func textIsRepeated() throws {
    try TestPaths.withTemporaryFolder { folder in
      let trainer = try trainer(.text("good bad word1"), folder: folder) { $0.promptLength = 7 }
      let model = try TinyBackbone.model(TinyBackbone.t5, folder: folder)
      let expected = try model.embeddingRows([5, 7, 10, 5, 7, 10, 5])
      #expect(trainer.start.prompt[.shortPrompt] == expected)
      #expect(trainer.plan.json["init"]?.string == "text:good bad word1")
      #expect(throws: TrainError.self) { try self.trainer(.text(" "), folder: folder) }
    }
  }

  @Test(arguments: [TinyBackbone.t5, TinyBackbone.bert])
  func aBundleGoesOnWhereItWas(configuration: JSON) throws {
    try TestPaths.withTemporaryFolder { folder in
      let bundle = try tuned(folder: folder, configuration: configuration)
      let task = try TaskCatalogue.task(named: "sst2")
      for given in [bundle, bundle.folded()] {
        let trainer = try trainer(
          .bundle(given, for: task), folder: folder, configuration: configuration)
        #expect(trainer.plan.shape.promptLength == 5 && trainer.plan.shape.rank == 3)
        #expect(trainer.plan.alpha == 6)
        // A folded prompt gets fresh subspaces, which add nothing yet.
        #expect(trainer.plan.shape.subspaces == (given.form == .folded ? 4 : 2))
        // In exact arithmetic equal; a sum of zeros may round otherwise.
        let (start, before) = (trainer.start.prompt.folded(), given.prompt.folded())
        for (mine, theirs) in zip(start.prompt.values, before.prompt.values) {
          #expect(abs(mine - theirs) < 1e-6)
        }
        #expect(start.lowRankB == before.lowRankB)
        if case .head(let head) = given.readout { #expect(trainer.start.head == head) }
        let record = try trainer.run().best.training
        #expect(record.settings["init"] == "bundle")
        #expect((record.startGate != nil) == (given.form == .unfolded))
      }
    }
  }

  @Test(
    "the real DePT adapters on a random backbone of their width",
    .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: [("sst2", 60, 30), ("cola", 80, 15)])
  func realAdapters(name: String, rows: Int, rank: Int) throws {
    let adapter = try PEFTAdapter(folder: TestPaths.shared("models/dept-t5-base-\(name)"))
    var wide = try #require(TinyBackbone.t5.object)
    wide.removeAll { $0.key == "d_model" }
    let configuration = JSON.object(wide + [JSONMember("d_model", 768)])
    try TestPaths.withTemporaryFolder { folder in
      let data = Dataset(
        train: TinyBackbone.examples(16, seed: 1), validation: TinyBackbone.examples(8, seed: 2),
        test: [])
      for method in [TuningMethod.dept, .ept] {
        let trainer = try trainer(
          .adapter(adapter), folder: folder, configuration: configuration, data: data
        ) {
          $0.method = method
          $0.steps = 1
        }
        let start = trainer.start.prompt
        #expect(start.shape.promptLength == rows && start.shape.rank == rank)
        #expect(!start.usesFusion && start.alpha == 8)
        #expect(start[.shortPrompt] == adapter.prompt[.shortPrompt])
        #expect(start[.lowRankB] == adapter.prompt[.lowRankB])
        // Inputs of 20 tokens use the first 20 of its 256 rows.
        #expect(
          start[.lowRankA].values == Array(adapter.prompt[.lowRankA].values.prefix(20 * rank)))
        #expect(try trainer.run().best.training.settings["init"] == "peft:t5-base")
      }
      #expect {
        try self.trainer(.adapter(adapter), folder: folder, data: data)
      } throws: { "\($0)".contains("width 768") && "\($0)".contains("32") }
    }
  }

  @Test("rows beyond the adapter's are 0")
  func longerInputs() throws {
    let shape = PromptShape(
      promptLength: 2, inputLength: 3, hiddenSize: 4, rank: 2, subspaces: 0, subspaceWidth: 0)
    var given = EPTPrompt(shape: shape)
    given[.lowRankA].values = [1, 2, 3, 4, 5, 6]
    var longer = shape
    longer.inputLength = 5
    let prompt = try EPTPrompt(shape: longer).replacingParts(by: given)
    #expect(prompt[.lowRankA].values == [1, 2, 3, 4, 5, 6, 0, 0, 0, 0])
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try TestPaths.withTemporaryFolder { folder in
      let bundle = try tuned(folder: folder)
      let start = StartingPrompt.bundle(bundle, for: bundle.task)
      func expect(_ words: String, _ change: (inout TrainingSettings) -> Void) {
        #expect {
          try trainer(start, folder: folder, change)
        } throws: { "\($0)".contains(words) }
      }
      expect("prompt length is 6, but the prompt to start from has 5") { $0.promptLength = 6 }
      expect("rank is 2") { $0.rank = 2 }
      expect("subspaces is 3") { $0.subspaces = 3 }
      expect("method pt would lose") { $0.method = .pt }
      expect("a folded bundle") { $0.method = .dept }
    }
  }
}
