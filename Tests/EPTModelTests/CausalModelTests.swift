import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Backbones whose rows see the rows before them: what continues a text, and what is shared.
@Suite struct CausalModelTests {
  private typealias Fixture = TinyModelTests.Fixture

  /// Log-softmax of a row of logits.
  private func logProbabilities(_ logits: ArraySlice<Double>) -> [Double] {
    let most = logits.max() ?? 0
    let total = logits.reduce(0) { $0 + exp($1 - most) }
    return logits.map { $0 - most - log(total) }
  }

  /// Every token as a label word shows the whole distribution after a text.
  @Test(arguments: TinyModelTests.causalNames)
  func lastLogits(_ name: String) throws {
    let fixture = try Fixture(name)
    let size = fixture.model.vocabularySize
    let words = (0..<Int32(size)).map { [$0] }
    let scores = try fixture.model.scores(
      TokenBatch(fixture.texts), prompt: nil, readout: .labelWords(words))
    let expected = try fixture.golden.doubles("last.logits")
    #expect(
      largestDifference(
        besideFirst(scores.values, columns: size), besideFirst(expected, columns: size)) < 1e-4)
  }

  /// A prompt's keys and values are computed once, and give what computing them with each text does.
  @Test(arguments: TinyModelTests.causalNames, [false, true])
  func sharedPromptsChangeNothing(_ name: String, hasDepth: Bool) throws {
    let fixture = try Fixture(name)
    var prompt = try fixture.prompt().folded()
    if hasDepth { prompt.depth = depth(fixture.model) }
    let batch = TokenBatch((0..<12).flatMap { _ in fixture.texts.dropLast() })
    var noise = Noise(31)
    let head = LinearHead(
      weight: noise.matrix(3, fixture.model.hiddenSize), bias: noise.floats(3), pooling: .last)
    for readout in [try fixture.readout(), .head(head)] {
      let shared = PreparedPrompt(prompt, readout, on: fixture.model)
      let own = PreparedPrompt(prompt, readout, on: fixture.model, sharesRows: false)
      #expect(!shared.past.isEmpty && own.past.isEmpty)
      let scores = try fixture.model.scores(batch, prompt: shared)
      let expected = try fixture.model.scores(batch, prompt: own)
      #expect(largestDifference(scores.values, expected.values.map(Double.init)) < 1e-5)
    }
  }

  /// What texts begin with is computed once, however much of it each has, and gives what computing it
  /// with each text does.
  @Test(arguments: TinyModelTests.causalNames, [false, true])
  func sharedBeginningsChangeNothing(_ name: String, hasPrompt: Bool) throws {
    let fixture = try Fixture(name)
    let model = fixture.model
    var prompt = hasPrompt ? try fixture.prompt().folded() : nil
    prompt?.depth = depth(model)
    let beginning: [Int32] = [3, 14, 15, 9, 26]
    let texts: [[Int32]] = [
      beginning + [5, 35, 8], beginning + [9], beginning, Array(beginning.prefix(2)), [3],
      [3, 14, 7, 9], [14, 15, 9, 26, 5], beginning + [26] + Array(fixture.texts[2].ids.prefix(10)),
    ]
    // Enough rows for threads to share them.
    let batch = TokenBatch((0..<12).flatMap { _ in texts.map { text($0) } })
    var noise = Noise(33)
    let weight = noise.matrix(3, model.hiddenSize)
    for readout: Readout in [
      try fixture.readout(), .head(LinearHead(weight: weight, bias: [0, 1, 2], pooling: .last)),
      .head(LinearHead(weight: weight, bias: [0, 1, 2], pooling: .mean)),
    ] {
      let shared = PreparedPrompt(prompt, readout, beginning: beginning, on: model)
      let own = PreparedPrompt(
        prompt, readout, beginning: beginning, on: model, sharesRows: false)
      // The mean of a text's states needs all of them.
      #expect(shared.beginning.isEmpty == !readout.readsLastRow && own.past.isEmpty)
      let scores = try model.scores(batch, prompt: shared)
      let expected = try model.scores(batch, prompt: own)
      #expect(largestDifference(scores.values, expected.values.map(Double.init)) < 1e-5)
      guard case .labelWords = readout else { continue }
      let settings = GenerationSettings(maximumTokens: 5, beams: 2)
      let few = TokenBatch(texts.map { text($0) })
      let written = try model.generate(few, prompts: texts.map { _ in shared }, settings)
      let alone = try model.generate(few, prompts: texts.map { _ in own }, settings)
      #expect(written.map(\.tokens) == alone.map(\.tokens))
    }
  }

  /// With what stands before each text's last tokens computed earlier, scores are those of transformers.
  @Test(arguments: TinyModelTests.causalNames)
  func sharedBeginningsGiveTheReferencesScores(_ name: String) throws {
    let fixture = try Fixture(name)
    let expected = try fixture.golden.doubles("prompted.scores")
    let prompt = try fixture.prompt().folded()
    guard case .labelWords(let words) = try fixture.readout() else { return }
    for (index, text) in fixture.texts.dropLast().enumerated() {
      let prepared = try fixture.model.prepare(
        prompt, readout: .labelWords(withContinuations(words)),
        beginning: text.ids.dropLast(2) + [1])
      #expect(prepared.knownTokens(of: text.ids[...]) == max(0, text.ids.count - 2))
      let scores = try fixture.model.scores(TokenBatch([text]), prompt: prepared)
      let row = Array(expected[3 * index..<3 * index + 3])
      #expect(
        largestDifference(
          besideFirst(scores.values, columns: 6, count: 3), besideFirst(row, columns: 3)) < 1e-4)
    }
  }

  private func depth(_ model: PromptedModel) -> DepthProjections? {
    var prompt = EPTPrompt(
      shape: PromptShape(
        promptLength: 0, inputLength: 0, hiddenSize: model.hiddenSize, rank: 0, subspaces: 0,
        subspaceWidth: 0,
        depth: DepthShape(encoderBlocks: 2, decoderBlocks: 0, subspaces: 2, subspaceWidth: 2)))
    var noise = Noise(32)
    for part in [PromptPart.depthDown, .depthUp, .depthGate] {
      let size = part.size(in: prompt.shape)
      prompt[part] = noise.matrix(size.rows, size.columns, scale: 0.3)
    }
    return prompt.depth
  }

  private func tokens(_ ids: [Int32]) -> TokenizedText { text(ids) }

  /// Step by step with a cache, a text goes on as it does when all of it is read anew each time.
  @Test(arguments: TinyModelTests.causalNames, [1, 3])
  func writesAsItReads(_ name: String, beams: Int) throws {
    let fixture = try Fixture(name)
    let model = fixture.model
    let readout = try fixture.readout()
    var folded = try fixture.prompt().folded()
    folded.lowRankA = Matrix(rows: 0, columns: 0)
    folded.lowRankB = Matrix(rows: 0, columns: model.hiddenSize)
    let prompt = PreparedPrompt(folded, readout, on: model)
    let settings = GenerationSettings(maximumTokens: 6, beams: beams)
    for shared in [nil, prompt] {
      let written = try model.generate(
        fixture.batch, prompts: (0..<fixture.batch.count).map { _ in shared }, settings)
      for (source, result) in zip(fixture.texts, written) {
        #expect(!result.tokens.isEmpty)
        var sum = 0.0
        for (index, token) in result.tokens.enumerated() {
          let before = TokenBatch([tokens(source.ids + result.tokens.prefix(index))])
          let words = (0..<Int32(model.vocabularySize)).map { [$0] }
          let logs = logProbabilities(
            try model.scores(
              before, prompt: shared == nil ? nil : folded, readout: .labelWords(words)
            ).values.map(Double.init)[...])
          if beams == 1 { #expect(logs.indices.max { logs[$0] < logs[$1] } == Int(token)) }
          sum += logs[Int(token)]
        }
        #expect(abs(sum / Double(result.tokens.count) - Double(result.score)) < 1e-4)
      }
    }
  }

  /// What continues a text ends at the model's last position.
  @Test func writingEndsAtTheLastPosition() throws {
    let model = try Fixture("llama").model
    let long = text([Int32](repeating: 7, count: 254))
    let written = try model.generate(
      TokenBatch([long]), prompts: [nil], GenerationSettings(maximumTokens: 50))
    #expect(written[0].tokens.count <= 3)
  }

  @Test func positionsHoldLabelsToo() throws {
    let model = try Fixture("llama").model
    // The first word's second token is behind a row of its own; end tokens tell nothing apart here.
    let words = Readout.labelWords([[5, 6, 1], [6, 1]])
    func scores(_ tokens: Int) throws -> Matrix {
      try model.scores(
        TokenBatch([text([Int32](repeating: 7, count: tokens))]), prompt: nil, readout: words)
    }
    #expect(try scores(255).columns == 2)
    #expect(throws: ModelError.tooLong(tokens: 256, prompt: 1, limit: 256)) { try scores(256) }
  }

  @Test func attentionSettingsAreRefused() throws {
    let path = TestPaths.fixture("model/llama/config.json")
    let json = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
    let wrong: [(String, JSON)] = [
      ("num_key_value_heads", 3), ("head_dim", 7), ("hidden_act", "mish"), ("eos_token_id", 500),
      ("partial_rotary_factor", 0.5), ("rope_parameters", ["rope_type": "yarn", "factor": 4]),
      ("rope_parameters", ["rope_type": "linear", "factor": 0]),
      (
        "rope_parameters",
        [
          "rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1,
          "original_max_position_embeddings": 128,
        ]
      ),
    ]
    for (field, value) in wrong {
      let members = (json.object ?? []).filter { $0.key != field } + [JSONMember(field, value)]
      #expect(throws: ModelError.self, "\(field)") {
        try ArchitectureRegistry.architecture(.object(members))
      }
    }
  }

  /// Divided by the factor, a frequency gives at position n what it gave at n / factor.
  @Test func linearScaling() {
    let plain = Rotary(base: 500, headWidth: 8)
    let scaled = Rotary(base: 500, headWidth: 8, scaling: .linear(factor: 4))
    for index in 0..<4 { #expect(scaled.frequency(index) == plain.frequency(index) / 4) }
  }
}
