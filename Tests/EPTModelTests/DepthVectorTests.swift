import EPTFormat
import EPTSystem
import EPTTestSupport
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Projections after blocks against PyTorch in float64, which `fixtures/model/make_depth.py` ran.
@Suite struct DepthVectorTests {
  private static let names = ["bert", "modernbert", "t5-relu"]
  private static let cases = ["gated", "gated-last", "gated-prompt", "plain", "plain-last-prompt"]

  /// One case of a model's file.
  private struct Case {
    let fixture: TinyModelTests.Fixture
    let golden: GoldenTensors
    let name: String
    let prompt: EPTPrompt

    init(_ model: String, _ name: String, precision: Precision? = nil) throws {
      fixture = try TinyModelTests.Fixture(model, precision: precision)
      golden = try GoldenTensors(path: TestPaths.fixture("model/\(model)/depth.safetensors"))
      self.name = name
      let sizes = try JSON(parsing: try #require(golden.metadata[ByteName(name)]))
      func size(_ key: String) throws -> Int { try #require(sizes[key]?.integer) }
      let whole = try fixture.prompt()
      var shape = whole.shape
      if try #require(sizes["prompt"]?.bool as Bool?) == false {
        (shape.promptLength, shape.rank, shape.subspaces) = (0, 0, 0)
      }
      shape.depth = DepthShape(
        encoderBlocks: try size("encoder_blocks"), decoderBlocks: try size("decoder_blocks"),
        subspaces: try size("subspaces"), subspaceWidth: try size("width"))
      var prompt = EPTPrompt(shape: shape)
      for part in PromptPart.allCases where !prompt[part].values.isEmpty {
        prompt[part] =
          PromptPart.ofPrompt.contains(part)
          ? whole[part] : try golden.matrix("\(name).\(part.rawValue)")
      }
      self.prompt = prompt
    }

    func values(_ tensor: String) throws -> [Double] { try golden.doubles("\(name).\(tensor)") }

    func step() throws -> StepResult {
      try fixture.model.step(
        fixture.batch, labels: fixture.labels(), prompt: prompt, readout: fixture.readout())
    }
  }

  @Test(arguments: names, cases)
  func scores(_ model: String, _ name: String) throws {
    let item = try Case(model, name)
    let expected = try item.values("scores")
    let readout = try item.fixture.readout()
    guard case .labelWords(let words) = readout else {
      let scores = try item.fixture.model.scores(
        item.fixture.batch, prompt: item.prompt.folded(), readout: readout)
      #expect(largestDifference(scores.values, expected) < 1e-4)
      return
    }
    let scores = try item.fixture.model.scores(
      item.fixture.batch, prompt: item.prompt.folded(),
      readout: .labelWords(withContinuations(words)))
    #expect(
      largestDifference(
        besideFirst(scores.values, columns: 2 * words.count, count: words.count),
        besideFirst(expected, columns: words.count)) < 1e-4)
  }

  @Test(arguments: names, cases)
  func gradients(_ model: String, _ name: String) throws {
    let item = try Case(model, name)
    let result = try item.step()
    #expect(abs(Double(result.loss) - (try item.values("loss")[0])) < 1e-4)
    for part in PromptPart.allCases {
      let gradient = result.prompt[part].values
      #expect(gradient.count == item.prompt[part].values.count)
      guard !gradient.isEmpty else { continue }
      let error = relativeError(gradient, try item.values("gradient.\(part.rawValue)"))
      #expect(error < 1e-4, "\(part): \(error)")
    }
    guard let head = result.head else { return }
    let weight = try item.values("gradient.head.weight")
    #expect(relativeError(head.weight.values, weight) < 1e-4)
    #expect(relativeError(head.bias, try item.values("gradient.head.bias")) < 1e-4)
  }

  @Test(arguments: names, cases)
  func gradientsInBytes(_ model: String, _ name: String) throws {
    let item = try Case(model, name, precision: .int8)
    let result = try item.step()
    // Bytes turn the gradient of a tiny random decoder further (0.76 at the worst), as they do a
    // prompt's: its scores have no factor. Below, a trained one keeps the bound.
    let bound = item.fixture.model.hasDecoder ? 0.7 : 0.98
    for part in [PromptPart.shortPrompt, .depthDown, .depthUp, .depthGate]
    where !result.prompt[part].values.isEmpty {
      let expected = try item.values("gradient.\(part.rawValue)")
      let cosine = cosine(result.prompt[part].values, expected)
      #expect(cosine > bound, "\(part): \(cosine)")
    }
  }

  /// The same for trained models, held to their own binary32.
  @Test(
    .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: ["all-minilm-l6-v2", "t5-mini"])
  func gradientsInBytesOfTrainedModels(_ name: String) throws {
    func step(_ precision: Precision) throws -> StepResult {
      let model = try loadModel(
        TestPaths.shared("models/\(name)"), threads: 2, precision: precision)
      let texts = [1, 9, 40, 17].map { length in
        text((0..<length).map { Int32(($0 * 977 + length * 131) % (model.vocabularySize - 1)) })
      }
      return try model.step(
        TokenBatch(texts), labels: [0, 1, 2, 1], prompt: trained(model), readout: readout(model))
    }
    let (exact, quick) = (try step(.f32), try step(.int8))
    for part in [PromptPart.depthDown, .depthUp, .depthGate] {
      let cosine = cosine(quick.prompt[part].values, exact.prompt[part].values.map(Double.init))
      #expect(cosine > 0.98, "\(part): \(cosine)")
    }
  }

  /// Projections of a trained one's size.
  private func trained(_ model: PromptedModel) -> EPTPrompt {
    var noise = Noise(41)
    let blocks = model.blockCounts
    let shape = PromptShape(
      promptLength: 0, inputLength: 40, hiddenSize: model.hiddenSize, rank: 0, subspaces: 0,
      subspaceWidth: 0,
      depth: DepthShape(
        encoderBlocks: blocks.encoder, decoderBlocks: blocks.decoder, subspaces: 4,
        subspaceWidth: 1))
    var prompt = EPTPrompt(shape: shape, usesFusion: false)
    for part in [PromptPart.depthDown, .depthUp, .depthGate] {
      let size = part.size(in: shape)
      prompt[part] = noise.matrix(size.rows, size.columns, scale: 0.05)
    }
    return prompt
  }

  private func readout(_ model: PromptedModel) -> Readout {
    var noise = Noise(42)
    return model.hasDecoder
      ? .labelWords([[100, 1], [90, 70, 1], [200, 5, 1]])
      : .head(
        LinearHead(
          weight: noise.matrix(3, model.hiddenSize, scale: 0.5), bias: noise.floats(3)))
  }

  private func cosine(_ actual: [Float], _ expected: [Double]) -> Double {
    var (product, own, other) = (0.0, 0.0, 0.0)
    for (x, y) in zip(actual.map(Double.init), expected) {
      product += x * y
      own += x * x
      other += y * y
    }
    return product / (own * other).squareRoot()
  }
}
