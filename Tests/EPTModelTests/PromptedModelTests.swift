import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// What the facade promises beyond its numbers.
@Suite struct PromptedModelTests {
  private typealias Fixture = TinyModelTests.Fixture

  @Test(arguments: TinyModelTests.names)
  func anyNumberOfThreadsGivesTheSameBits(_ name: String) throws {
    let one = try Fixture(name, threads: 1)
    let several = try Fixture(name, threads: 5)
    // Enough rows for several blocks.
    let texts = (0..<6).flatMap { _ in one.texts.dropLast() }
    let labels = try (0..<6).flatMap { _ in try one.labels() }
    let batch = TokenBatch(texts)
    let prompt = try one.prompt()
    let readout = try one.readout()
    let results = try [one, several, several].map { fixture in
      try fixture.model.step(batch, labels: labels, prompt: prompt, readout: readout)
    }
    #expect(results[0] == results[1])
    // A workspace that is used again gives what a fresh one gives.
    #expect(results[1] == results[2])
    let scores = try [one, several].map { fixture in
      try fixture.model.scores(batch, prompt: prompt.folded(), readout: readout)
    }
    #expect(scores[0] == scores[1])
  }

  /// A large batch is passed part by part; copies of a batch have the mean that one has.
  @Test(arguments: TinyModelTests.names)
  func copiesOfABatchHaveItsGradient(_ name: String) throws {
    let fixture = try Fixture(name)
    let (prompt, readout) = (try fixture.prompt(), try fixture.readout())
    let labels = try fixture.labels()
    let one = try fixture.model.step(
      fixture.batch, labels: labels, prompt: prompt, readout: readout)
    let copies = 70
    let many = try fixture.model.step(
      TokenBatch((0..<copies).flatMap { _ in fixture.texts.dropLast() }),
      labels: (0..<copies).flatMap { _ in labels }, prompt: prompt, readout: readout)
    #expect(abs(many.loss - one.loss) < 1e-4 * abs(one.loss))
    for part in PromptPart.ofPrompt {
      #expect(
        relativeError(many.prompt[part].values, one.prompt[part].values.map(Double.init)) < 1e-4)
    }
    #expect(many.head?.bias.count == one.head?.bias.count)
    if let head = many.head, let expected = one.head {
      #expect(relativeError(head.weight.values, expected.weight.values.map(Double.init)) < 1e-4)
    }
  }

  @Test(arguments: TinyModelTests.names)
  func manyCallsAtOnce(_ name: String) async throws {
    let fixture = try Fixture(name)
    let prompt = try fixture.prompt()
    let readout = try fixture.readout()
    let labels = try fixture.labels()
    let (model, batch) = (fixture.model, fixture.batch)
    let expected = try model.step(batch, labels: labels, prompt: prompt, readout: readout)
    try await withThrowingTaskGroup(of: StepResult.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try model.step(batch, labels: labels, prompt: prompt, readout: readout)
        }
      }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test(arguments: TinyModelTests.names)
  func anEmptyBatch(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompt = try fixture.prompt()
    let readout = try fixture.readout()
    let scores = try fixture.model.scores(
      TokenBatch(), prompt: prompt.folded(), readout: readout)
    #expect(scores == Matrix(rows: 0, columns: 3))
    let result = try fixture.model.step(
      TokenBatch(), labels: [], prompt: prompt, readout: readout)
    #expect(result.loss == 0)
    for part in PromptPart.ofPrompt {
      #expect(result.prompt[part].values.allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: TinyModelTests.names)
  func anEmptyPromptIsNoPrompt(_ name: String) throws {
    let fixture = try Fixture(name)
    let shape = PromptShape(
      promptLength: 0, inputLength: 4, hiddenSize: fixture.model.hiddenSize, rank: 0, subspaces: 0,
      subspaceWidth: 0)
    let readout = try fixture.readout()
    let with = try fixture.model.scores(
      fixture.batch, prompt: EPTPrompt(shape: shape).folded(), readout: readout)
    let without = try fixture.model.scores(fixture.batch, prompt: nil, readout: readout)
    #expect(with == without)
  }

  @Test func embeddingRows() throws {
    let fixture = try Fixture("t5-relu")
    let weights = try GoldenTensors(path: TestPaths.fixture("model/t5-relu/model.safetensors"))
    let table = try weights.floats("shared.weight")
    #expect(fixture.model.hiddenSize == 32 && fixture.model.vocabularySize == 120)
    let rows = try fixture.model.embeddingRows([119, 0, 0])
    #expect(rows.values == [Float](table[119 * 32..<120 * 32] + table[..<32] + table[..<32]))
    func rms(_ values: some Collection<Float>) -> Double {
      (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
    }
    #expect(abs(Double(fixture.model.embeddingRMS) - rms(table)) < 1e-6)
    let some = try fixture.model.embeddingRMS(of: [119, 0])
    #expect(abs(Double(some) - rms(table[119 * 32..<120 * 32] + table[..<32])) < 1e-6)
    #expect(try fixture.model.embeddingRMS(of: []) == 0)
  }

  @Test(arguments: TinyModelTests.names)
  func unknownTokens(_ name: String) throws {
    let fixture = try Fixture(name)
    let readout = try fixture.readout()
    for id in [Int32(-1), 120, .max] {
      let error = ModelError.unknownToken(id: id, vocabularySize: 120)
      #expect(throws: error) {
        try fixture.model.scores(TokenBatch([text([3, id])]), prompt: nil, readout: readout)
      }
      #expect(throws: error) { try fixture.model.embeddingRows([id]) }
    }
    if fixture.model.hasDecoder {
      #expect(throws: ModelError.unknownToken(id: 120, vocabularySize: 120)) {
        try fixture.model.scores(
          fixture.batch, prompt: nil, readout: .labelWords([[1], [3, 120]]))
      }
    }
  }

  @Test func positionsRunOut() throws {
    let fixture = try Fixture("bert")
    let readout = try fixture.readout()
    #expect(fixture.model.positions == 512)
    let prompt = Matrix(rows: 13, columns: 32)
    let folded = FoldedPrompt(
      prompt: prompt, lowRankA: Matrix(rows: 0, columns: 0), lowRankB: Matrix(rows: 0, columns: 0),
      lowRankScale: 0)
    let fits = TokenBatch([text([Int32](repeating: 3, count: 499))])
    #expect(try fixture.model.scores(fits, prompt: folded, readout: readout).rows == 1)
    let exceeds = TokenBatch([text([Int32](repeating: 3, count: 500))])
    #expect(throws: ModelError.tooLong(tokens: 500, prompt: 13, limit: 512)) {
      try fixture.model.scores(exceeds, prompt: folded, readout: readout)
    }
    #expect(try Fixture("t5-relu").model.positions == nil)
  }

  @Test(arguments: TinyModelTests.names)
  func misfits(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompt = try fixture.prompt()
    let readout = try fixture.readout()
    func expectMismatch(_ mention: String, _ body: () throws -> Void) {
      #expect {
        try body()
      } throws: { error in
        guard case ModelError.mismatch(let reason) = error else { return false }
        return reason.contains(mention)
      }
    }
    let longer = TokenBatch([text([Int32](repeating: 3, count: 49))])
    expectMismatch("49 tokens") {
      _ = try fixture.model.step(longer, labels: [0], prompt: prompt, readout: readout)
    }
    expectMismatch("49 tokens") {
      _ = try fixture.model.scores(longer, prompt: prompt.folded(), readout: readout)
    }
    expectMismatch("no tokens") {
      _ = try fixture.model.scores(TokenBatch([text([])]), prompt: nil, readout: readout)
    }
    expectMismatch("labels") {
      _ = try fixture.model.step(
        fixture.batch, labels: [0, 1, 2, 3], prompt: prompt, readout: readout)
    }
    expectMismatch("labels") {
      _ = try fixture.model.step(fixture.batch, labels: [0], prompt: prompt, readout: readout)
    }
    var shape = prompt.shape
    shape.hiddenSize = 31
    let narrow = EPTPrompt(shape: shape)
    expectMismatch("width") {
      _ = try fixture.model.step(
        fixture.batch, labels: fixture.labels(), prompt: narrow, readout: readout)
    }
    expectMismatch("width") {
      _ = try fixture.model.scores(fixture.batch, prompt: narrow.folded(), readout: readout)
    }
    let head = LinearHead(weight: Matrix(rows: 2, columns: 32), bias: [0])
    expectMismatch("biases") {
      _ = try fixture.model.scores(fixture.batch, prompt: nil, readout: .head(head))
    }
    expectMismatch("without classes") {
      _ = try fixture.model.scores(fixture.batch, prompt: nil, readout: .labelWords([]))
    }
    expectMismatch("token types") {
      let text = TokenizedText(ids: [3, 4], tokenTypeIDs: [0])
      _ = try fixture.model.scores(TokenBatch([text]), prompt: nil, readout: readout)
    }
    if fixture.model.hasDecoder {
      expectMismatch("class 1") {
        _ = try fixture.model.scores(fixture.batch, prompt: nil, readout: .labelWords([[1], []]))
      }
    } else {
      expectMismatch("decoder") {
        _ = try fixture.model.scores(fixture.batch, prompt: nil, readout: .labelWords([[1]]))
      }
    }
    if fixture.model.tokenTypeCount != nil {
      expectMismatch("token type") {
        let text = TokenizedText(ids: [3], tokenTypeIDs: [2])
        _ = try fixture.model.scores(TokenBatch([text]), prompt: nil, readout: readout)
      }
    }
  }

  /// A T5 encoder can be read by a head too.
  @Test func headOnAnEncoderWithDecoder() throws {
    let fixture = try Fixture("t5-gated")
    var weight = Matrix(rows: 2, columns: 32)
    weight.values[0] = 1
    weight.values[32 + 31] = 1
    let scores = try fixture.model.scores(
      fixture.batch, prompt: nil, readout: .head(LinearHead(weight: weight, bias: [0, 1])))
    let states = try fixture.golden.doubles("states")
    let expected = (0..<fixture.batch.count).flatMap { text in
      let rows = fixture.batch.range(text)
      let sums = rows.reduce((0.0, 0.0)) { ($0.0 + states[$1 * 32], $0.1 + states[$1 * 32 + 31]) }
      return [sums.0 / Double(rows.count), sums.1 / Double(rows.count) + 1]
    }
    #expect(largestDifference(scores.values, expected) < 1e-4)
  }

  /// transformers 5 calls every T5 tied, and marks version 1.1 by its unscaled outputs.
  @Test func untiedOutputsAsRecentVersionsWriteThem() throws {
    let folder = TestPaths.fixture("model/t5-gated")
    let old = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
    let new = old.replacing(
      "\"tie_word_embeddings\": false",
      with: "\"tie_word_embeddings\": true, \"scale_decoder_outputs\": false")
    #expect(new != old)
    let weights = try SafetensorsFile(path: folder + "/model.safetensors")
    let fixture = try Fixture("t5-gated")
    let scores = try [old, new].map { text in
      try PromptedModel(weights: weights, configuration: try JSON(parsing: text), threads: 1)
        .scores(fixture.batch, prompt: nil, readout: fixture.readout())
    }
    #expect(scores[0] == scores[1])
  }

  @Test func missingAndMisshapenTensors() throws {
    let configuration = """
      {"model_type": "t5", "vocab_size": 120, "d_model": 32, "d_kv": 16, "num_heads": 3,
       "d_ff": 64, "num_layers": LAYERS, "feed_forward_proj": "FORM"}
      """
    let weights = try SafetensorsFile(path: TestPaths.fixture("model/t5-relu/model.safetensors"))
    func load(layers: Int, form: String, hiddenSize: Int = 32) throws {
      let text = configuration.replacing("LAYERS", with: "\(layers)").replacing("FORM", with: form)
        .replacing("\"d_model\": 32", with: "\"d_model\": \(hiddenSize)")
      _ = try PromptedModel(
        weights: weights, configuration: try JSON(parsing: text), threads: 1)
    }
    try load(layers: 2, form: "relu")
    #expect(throws: FormatError.self) { try load(layers: 3, form: "relu") }
    #expect(throws: FormatError.self) { try load(layers: 2, form: "gated-gelu") }
    #expect(
      throws: FormatError.wrongShape(
        path: weights.path, tensor: "shared.weight", expected: [120, 33], actual: [120, 32])
    ) { try load(layers: 2, form: "relu", hiddenSize: 33) }
  }
}
