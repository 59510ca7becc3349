import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTTask

struct PEFTAdapterTests {
  private static let configuration: [(String, JSON)] = [
    ("base_model_name_or_path", "t5-mini"), ("num_virtual_tokens", 2),
    ("peft_type", "PROMPT_TUNING"),
    ("num_transformer_submodules", 1), ("task_type", "SEQ_2_SEQ_LM"), ("token_dim", 3),
  ]

  /// An adapter of two rows of width 3, with what `changes` replaces in its configuration.
  private func withAdapter(
    _ changes: [String: JSON] = [:], rows: Int = 2, pair: Bool = false,
    _ body: (String) throws -> Void
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      let members = Self.configuration.map { JSONMember($0.0, changes[$0.0] ?? $0.1) }
      let extra = changes.filter { change in !Self.configuration.contains { $0.0 == change.key } }
      let json = JSON.object(members + extra.map { JSONMember($0.key, $0.value) })
      try json.serialized().write(
        toFile: "\(folder)/adapter_config.json", atomically: true, encoding: .utf8)
      var weights = SafetensorsWriter()
      weights.add("prompt_embeddings", shape: [rows, 3], (0..<rows * 3).map { Float($0) })
      if pair {
        weights.add("prompt_encoder.lora_embedding_A", shape: [4, 2], (0..<8).map { Float($0) })
        weights.add("prompt_encoder.lora_embedding_B", shape: [2, 3], (0..<6).map { Float($0) })
      }
      try weights.write(to: "\(folder)/adapter_model.safetensors", replacing: false)
      try body(folder)
    }
  }

  @Test func promptTuning() throws {
    for rows in [2, 4] {
      try withAdapter(rows: rows) { folder in
        let adapter = try PEFTAdapter(folder: folder)
        #expect(adapter.baseModel == "t5-mini")
        #expect(adapter.prompt.shape.promptLength == 2 && adapter.prompt.shape.rank == 0)
        #expect(adapter.prompt[.shortPrompt].values == [0, 1, 2, 3, 4, 5])
        #expect(!adapter.prompt.usesFusion)
      }
    }
  }

  @Test func lowRankPairOfDePT() throws {
    let changes: [String: JSON] = ["peft_type": "PROMPT_TUNING_LORA", "lora_alpha": 4]
    try withAdapter(changes, pair: true) { folder in
      let prompt = try PEFTAdapter(folder: folder).prompt
      #expect(prompt.alpha == 4)
      #expect(
        prompt.shape
          == PromptShape(
            promptLength: 2, inputLength: 4, hiddenSize: 3, rank: 2, subspaces: 0, subspaceWidth: 0)
      )
      #expect(prompt[.lowRankA].values == (0..<8).map { Float($0) })
      #expect(prompt.lowRankScale == 4 / Float(2).squareRoot())
    }
  }

  @Test func whatCannotBeUsed() throws {
    for (changes, words) in [
      (["peft_type": "PREFIX_TUNING"], "PREFIX_TUNING"), (["num_virtual_tokens": 0], "num_virtual"),
      (["num_virtual_tokens": 3], "[3, 3]"), (["token_dim": 4], "[2, 4]"),
      (["token_dim": .integer(1 << 40)], "token_dim"), (["lora_alpha": 1e300], "finite"),
    ] as [([String: JSON], String)] {
      try withAdapter(changes) { folder in
        #expect {
          try PEFTAdapter(folder: folder)
        } throws: { "\($0)".contains(words) }
      }
    }
    try withAdapter { folder in
      try FileManager.default.removeItem(atPath: "\(folder)/adapter_model.safetensors")
      #expect {
        try PEFTAdapter(folder: folder)
      } throws: { "\($0)".contains("adapter_model.safetensors") }
    }
  }

  @Test(
    "the real DePT adapters", .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: [("sst2", 60, 30, 28.3), ("cola", 80, 15, 33.3)])
  func realAdapters(name: String, rows: Int, rank: Int, size: Double) throws {
    let adapter = try PEFTAdapter(folder: TestPaths.shared("models/dept-t5-base-\(name)"))
    #expect(adapter.baseModel == "t5-base")
    #expect(
      adapter.prompt.shape
        == PromptShape(
          promptLength: rows, inputLength: 256, hiddenSize: 768, rank: rank, subspaces: 0,
          subspaceWidth: 0))
    let values = adapter.prompt[.shortPrompt].values
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs((squares / Double(values.count)).squareRoot() - size) < 0.1)
  }

  @Test func exportedPromptsAreReadBack() throws {
    let shape = PromptShape(
      promptLength: 3, inputLength: 6, hiddenSize: 8, rank: 0, subspaces: 2, subspaceWidth: 2)
    var bundle = try TaskBundleTests.bundle(words: [[5, 1], [6, 1]])
    var prompt = EPTPrompt(shape: shape)
    for part in PromptPart.allCases {
      prompt[part].values = prompt[part].values.indices.map { Float($0 % 7) / 9 }
    }
    bundle.prompt = prompt
    try TestPaths.withTemporaryFolder { folder in
      try PEFTExport.write(
        bundle, from: "x.eptb", to: "\(folder)/p", baseModel: nil, replacing: false)
      let adapter = try PEFTAdapter(folder: "\(folder)/p")
      #expect(adapter.baseModel == "tiny")
      #expect(adapter.prompt[.shortPrompt] == prompt.folded().prompt)
      #expect(throws: SystemError.self) {
        try PEFTExport.write(
          bundle, from: "x.eptb", to: "\(folder)/p", baseModel: nil, replacing: false)
      }
    }
  }

  /// An adapter of PEFT for a decoder gives PEFT's logits (`fixtures/task/make_peft.py`).
  @Test func decodersGivePEFTsLogits() throws {
    let folder = TestPaths.fixture("task/peft-causal")
    let adapter = try PEFTAdapter(folder: folder)
    #expect(adapter.prompt.shape.promptLength == 5 && adapter.baseModel == "llama")
    let json = try String(
      contentsOfFile: TestPaths.fixture("model/llama/config.json"), encoding: .utf8)
    let model = try PromptedModel(
      weights: SafetensorsFile(path: TestPaths.fixture("model/llama/model.safetensors")),
      configuration: JSON(parsing: json), threads: 1)
    let golden = try GoldenTensors(path: folder + "/golden.safetensors")
    // Every token as a word.
    let words = (0..<Int32(model.vocabularySize)).map { [$0] }
    let prompt = try model.prepare(adapter.prompt.folded(), readout: .labelWords(words))
    for index in 0..<3 {
      let ids = try golden.integers("ids.\(index)").map { Int32($0) }
      let scores = try model.scores(
        TokenBatch([TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })]), prompt: prompt
      ).values
      let logits = try golden.floats("logits.\(index)")
      #expect(scores.count == logits.count)
      for (score, logit) in zip(scores, logits) {
        #expect(abs((score - scores[0]) - (logit - logits[0])) < 1e-4)
      }
    }
  }

  /// The kind of task is the backbone's: a decoder alone, or one beside an encoder.
  @Test(arguments: [("llama", "CAUSAL_LM"), ("qwen3", "CAUSAL_LM"), ("t5", "SEQ_2_SEQ_LM")])
  func exportNamesTheKindOfTask(_ architecture: String, _ kind: String) throws {
    var bundle = try TaskBundleTests.bundle(rank: 0, words: [[5, 1], [6, 1]])
    bundle.backbone = BackboneIdentity(
      architecture: architecture, name: "tiny", hiddenSize: 8,
      fingerprint: bundle.backbone.fingerprint)
    try TestPaths.withTemporaryFolder { folder in
      try PEFTExport.write(
        bundle, from: "x.eptb", to: folder, baseModel: nil, replacing: false)
      let json = try JSON(
        parsing: String(contentsOfFile: folder + "/adapter_config.json", encoding: .utf8))
      #expect(json["task_type"]?.string == kind)
    }
  }

  @Test func whatWouldBeLostIsRefused() throws {
    for (bundle, words) in [
      (try TaskBundleTests.bundle(words: [[5, 1], [6, 1]]), "low-rank pair"),
      (try TaskBundleTests.bundle(rank: 0), "head"),
    ] {
      #expect {
        try PEFTExport.write(
          bundle, from: "x.eptb", to: "/nowhere/p", baseModel: nil, replacing: false)
      } throws: { "\($0)".contains(words) && "\($0)".contains("x.eptb") }
    }
  }
}
