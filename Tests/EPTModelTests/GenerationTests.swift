import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Texts that a decoder writes, against `transformers`' `generate`.
struct GenerationTests {
  /// One run of `fixtures/model/make_generations.py`.
  struct Golden {
    let ids: [Int32]
    let text: String?
    let settings: GenerationSettings
    let tokens: [Int32]
    let score: Float?
    let decoded: String?
  }

  private static func goldens(_ name: String) throws -> [Golden] {
    let path = TestPaths.fixture("model/generations.json")
    let json = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
    func integers(_ json: JSON?) -> [Int32] {
      (json?.array ?? []).compactMap { $0.integer.map { Int32($0) } }
    }
    return try #require(json[name]?.array).map { run in
      Golden(
        ids: integers(run["ids"]), text: run["text"]?.string,
        settings: GenerationSettings(
          maximumTokens: try #require(run["max_tokens"]?.integer),
          beams: try #require(run["beams"]?.integer)),
        tokens: integers(run["tokens"]), score: run["score"]?.number.map { Float($0) },
        decoded: run["decoded"]?.string)
    }
  }

  private func expect(
    _ goldens: [Golden], _ model: PromptedModel, _ tokens: (Golden) -> TokenizedText
  ) throws {
    for golden in goldens {
      let alone = try model.generate(
        TokenBatch([tokens(golden)]), prompts: [nil], golden.settings)
      #expect(alone[0].tokens == golden.tokens, "\(golden)")
      if let score = golden.score { #expect(abs(alone[0].score - score) < 1e-4, "\(golden)") }
    }
    // Texts of one setting, all at once.
    for settings in Set(goldens.map { [$0.settings.beams, $0.settings.maximumTokens] }) {
      let mine = goldens.filter {
        $0.settings.beams == settings[0] && $0.settings.maximumTokens == settings[1]
      }
      let together = try model.generate(
        TokenBatch(mine.map(tokens)), prompts: mine.map { _ in nil }, mine[0].settings)
      #expect(together.map(\.tokens) == mine.map(\.tokens))
    }
  }

  @Test("Token for token, tiny T5s", arguments: ["t5-relu", "t5-gated"], [1, 3])
  func tiny(name: String, threads: Int) throws {
    let goldens = try Self.goldens(name)
    #expect(goldens.count == 20)
    let model = try loadModel(TestPaths.fixture("model/\(name)"), threads: threads)
    try expect(goldens, model) { text($0.ids) }
  }

  @Test("Token for token and letter for letter, the demonstration's T5")
  func demonstration() throws {
    try expectTexts("demo", folder: TestPaths.fixture("demo/model"))
  }

  @Test(
    "Token for token and letter for letter, t5-mini",
    .enabled(if: TestPaths.hasShared, "needs ../shared"))
  func t5Mini() throws {
    try expectTexts("t5-mini", folder: TestPaths.shared("models/t5-mini"))
  }

  private func expectTexts(_ name: String, folder: String) throws {
    let goldens = try Self.goldens(name)
    #expect(goldens.count == 35)
    let model = try loadModel(folder, threads: 2)
    let tables = try TokenizerDefinition.compile(folder: folder).tables
    let tokenizer = try #require(try TokenizerTables.open(tables) as? any Detokenizer)
    try expect(goldens, model) { tokenizer.encode($0.text ?? "") }
    for golden in goldens { #expect(tokenizer.text(of: golden.tokens) == golden.decoded) }
  }

  @Test("A prompt in front of a text steers what is written")
  func prompted() throws {
    let fixture = try TinyModelTests.Fixture("t5-gated")
    let prompt = try fixture.model.prepare(
      fixture.prompt().folded(), readout: fixture.readout())
    let settings = GenerationSettings(maximumTokens: 12, beams: 3)
    let texts = TokenBatch([fixture.texts[1], fixture.texts[1]])
    let both = try fixture.model.generate(texts, prompts: [prompt, nil], settings)
    #expect(both[0].tokens != both[1].tokens)
    // The score of a result is what scoring its tokens as a label word gives, among as many words
    // as there are tokens, so that all first tokens' likelihoods are known.
    let result = both[0]
    let first = result.tokens[0]
    let others = (0..<Int32(fixture.model.vocabularySize)).filter { $0 != first }
    let words = try fixture.model.prepare(
      fixture.prompt().folded(),
      readout: .labelWords([result.tokens, [first]] + others.map { [$0] }))
    let scores = try fixture.model.scores(TokenBatch([fixture.texts[1]]), prompt: words)
      .values.map(Double.init)
    let all = log(scores[1...].reduce(0) { $0 + exp($1) })
    #expect(abs((scores[0] - all) / Double(result.tokens.count) - Double(result.score)) < 1e-4)
  }

  @Test("Settings and backbones that cannot write are refused")
  func misuse() throws {
    let fixture = try TinyModelTests.Fixture("t5-relu")
    for (beams, tokens) in [(0, 5), (65, 5), (1, 0)] {
      #expect(throws: ModelError.self) {
        try fixture.model.generate(
          TokenBatch([fixture.texts[0]]), prompts: [nil],
          GenerationSettings(maximumTokens: tokens, beams: beams))
      }
    }
    #expect(throws: ModelError.self) {
      try fixture.model.generate(TokenBatch([fixture.texts[0]]), prompts: [], .init())
    }
    let encoder = try TinyModelTests.Fixture("bert")
    #expect(throws: ModelError.self) {
      try encoder.model.generate(TokenBatch([encoder.texts[0]]), prompts: [nil], .init())
    }
  }
}
