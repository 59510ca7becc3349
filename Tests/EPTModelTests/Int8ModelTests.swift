import EPTFormat
import EPTTestSupport
import EPTText
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Whole models in int8, held to the same models in binary32.
@Suite struct Int8ModelTests {
  /// One tiny random model a family and, where they are there, real ones.
  private static let folders =
    TinyModelTests.names.map { TestPaths.fixture("model/\($0)") }
    + (TestPaths.hasShared
      ? [TestPaths.shared("models/all-minilm-l6-v2"), TestPaths.shared("models/t5-mini")] : [])

  /// Texts of 1 to 40 tokens of the vocabulary.
  private func batch(_ model: PromptedModel) -> TokenBatch {
    var noise = Noise(21)
    return TokenBatch(
      [1, 9, 40, 17].map { length in
        text((0..<length).map { _ in Int32(abs(noise.next()) * Float(model.vocabularySize - 1)) })
      })
  }

  private func readout(_ model: PromptedModel) -> Readout {
    var noise = Noise(22)
    return model.hasDecoder
      ? .labelWords([[100, 1], [90, 70, 1], [100, 5, 1]])
      : .head(
        LinearHead(weight: noise.matrix(3, model.hiddenSize, scale: 0.5), bias: noise.floats(3)))
  }

  private func prompt(_ model: PromptedModel) throws -> EPTPrompt {
    var noise = Noise(23)
    var prompt = EPTPrompt(
      shape: PromptShape(
        promptLength: 5, inputLength: 40, hiddenSize: model.hiddenSize, rank: 3, subspaces: 2,
        subspaceWidth: 2))
    let rms = model.embeddingRMS
    for part in PromptPart.ofPrompt {
      let size = part.size(in: prompt.shape)
      let scale = part == .shortPrompt ? rms : rms / Float(size.rows).squareRoot()
      prompt[part] = noise.matrix(size.rows, size.columns, scale: scale)
    }
    return prompt
  }

  /// A trained model's states keep within a tenth, where weights of another model would give 1:
  /// single large numbers of MiniLM's rows leave the others few of the 127 steps.
  @Test(arguments: folders)
  func statesStayClose(_ folder: String) throws {
    let exact = try loadModel(folder, threads: 2, precision: .f32)
    let quick = try loadModel(folder, threads: 2, precision: .int8)
    let expected = exact.lastHiddenStates(batch(exact)).values.map { Double($0) }
    let actual = quick.lastHiddenStates(batch(quick)).values
    let error = relativeError(actual, expected)
    #expect(error < 0.12, "\(error)")
    // Quantised they are: the two are not one path.
    #expect(error > 1e-5)
  }

  /// Alone, with others and on any number of threads, a text has the same score to the bit:
  /// rows are quantised one by one.
  @Test(arguments: folders)
  func scoresDoNotDependOnThreads(_ folder: String) throws {
    let one = try loadModel(folder, threads: 1, precision: .int8)
    let two = try loadModel(folder, threads: 2, precision: .int8)
    let scores = try one.scores(batch(one), prompt: prompt(one).folded(), readout: readout(one))
    #expect(
      scores == (try two.scores(batch(two), prompt: prompt(two).folded(), readout: readout(two))))
  }

  @Test(arguments: folders)
  func gradientsPointTheSameWay(_ folder: String) throws {
    func step(_ precision: Precision) throws -> StepResult {
      let model = try loadModel(folder, threads: 2, precision: precision)
      return try model.step(
        batch(model), labels: [0, 1, 2, 1], prompt: prompt(model), readout: readout(model))
    }
    let (exact, quick) = (try step(.f32), try step(.int8))
    #expect(abs(exact.loss - quick.loss) < 0.05 * max(1, exact.loss))
    for part in [PromptPart.shortPrompt, .lowRankA, .lowRankB] {
      let (a, b) = (exact.prompt[part].values, quick.prompt[part].values)
      func product(_ x: [Float], _ y: [Float]) -> Double {
        zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let cosine = product(a, b) / (product(a, a) * product(b, b)).squareRoot()
      // A label word's score hangs on a few rows of a tiny random decoder, whose scores have no
      // factor: bytes turn its gradient further (0.935 at the worst) than a trained model's.
      let isTinyDecoder = ["t5-relu", "t5-gated", "mt5", "umt5"].contains {
        folder == TestPaths.fixture("model/\($0)")
      }
      #expect(cosine > (isTinyDecoder ? 0.92 : 0.98), "\(part): \(cosine)")
    }
  }
}
