import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Real pretrained backbones, the whole way, against PyTorch in float64.
@Suite(.enabled(if: TestPaths.hasShared, "needs ../shared"), .serialized)
struct RealModelTests {
  private static let parts: [PromptPart: String] = [
    .shortPrompt: "P", .lowRankA: "A", .lowRankB: "B", .subspaceDown: "U", .subspaceUp: "V",
    .gate: "Wg",
  ]

  private func texts(_ golden: GoldenTensors) throws -> [TokenizedText] {
    try (0..<6).map { text(try golden.integers("text\($0).ids").map { Int32($0) }) }
  }

  private func prompt(_ golden: GoldenTensors) throws -> EPTPrompt {
    let p = try golden.shape("P")
    let u = try golden.shape("U")
    var prompt = EPTPrompt(
      shape: PromptShape(
        promptLength: p[0], inputLength: try golden.shape("A")[0], hiddenSize: p[1],
        rank: try golden.shape("A")[1], subspaces: u[0], subspaceWidth: u[2]))
    for (part, name) in Self.parts { prompt[part].values = try golden.floats(name) }
    return prompt
  }

  private func expectGradients(_ result: StepResult, _ golden: GoldenTensors) throws {
    let loss = try golden.doubles("loss")[0]
    #expect(abs(Double(result.loss) - loss) < 1e-4)
    for (part, name) in Self.parts {
      let error = relativeError(result.prompt[part].values, try golden.doubles("grad.\(name)"))
      #expect(error < 1e-4, "\(part)")
    }
  }

  @Test func miniLMOnSentencesAndPairs() throws {
    let model = try loadModel(TestPaths.shared("models/all-minilm-l6-v2"), threads: 2)
    let golden = try GoldenTensors(path: TestPaths.fixture("model/minilm.safetensors"))
    let batch = TokenBatch(try golden.texts())
    #expect(batch.count == 120)
    #expect(batch.tokenTypeIDs.contains(1))
    let states = model.lastHiddenStates(batch)
    var actual: [Float] = []
    for index in 0..<batch.count {
      let rows = batch.range(index)
      func row(_ row: Int) -> [Float] {
        [Float](states.values[row * model.hiddenSize..<(row + 1) * model.hiddenSize])
      }
      actual += row(rows.lowerBound) + row(rows.lowerBound + rows.count / 2)
      let sums = rows.reduce([Double](repeating: 0, count: model.hiddenSize)) { sums, next in
        zip(sums, row(next)).map { $0 + Double($1) }
      }
      actual += sums.map { Float($0 / Double(rows.count)) }
    }
    #expect(largestDifference(actual, try golden.doubles("states")) < 1e-4)
  }

  @Test func miniLMWithPromptAndHead() throws {
    let model = try loadModel(TestPaths.shared("models/all-minilm-l6-v2"), threads: 2)
    let golden = try GoldenTensors(path: TestPaths.shared("reference/vectors/minilm.safetensors"))
    let batch = TokenBatch(try texts(golden))
    let prompt = try prompt(golden)
    let head = LinearHead(
      weight: try golden.matrix("head.weight"), bias: try golden.floats("head.bias"))
    let logits = try model.scores(batch, prompt: prompt.folded(), readout: .head(head))
    let expected = try (0..<6).flatMap { try golden.doubles("text\($0).logits") }
    #expect(largestDifference(logits.values, expected) < 1e-4)
    // A head that is the identity shows the pooled vectors.
    var identity = Matrix(rows: model.hiddenSize, columns: model.hiddenSize)
    for index in 0..<model.hiddenSize { identity.values[index * model.hiddenSize + index] = 1 }
    let pooled = try model.scores(
      batch, prompt: prompt.folded(),
      readout: .head(
        LinearHead(weight: identity, bias: [Float](repeating: 0, count: model.hiddenSize))))
    let expectedPooled = try (0..<6).flatMap { try golden.doubles("text\($0).pooled") }
    #expect(largestDifference(pooled.values, expectedPooled) < 1e-4)
    let result = try model.step(
      batch, labels: try golden.integers("labels"), prompt: prompt, readout: .head(head))
    try expectGradients(result, golden)
    let headGradient = try #require(result.head)
    let weight = try golden.doubles("grad.head.weight")
    #expect(relativeError(headGradient.weight.values, weight) < 1e-4)
    #expect(relativeError(headGradient.bias, try golden.doubles("grad.head.bias")) < 1e-4)
  }

  @Test func t5MiniWithPromptAndLabelWords() throws {
    let model = try loadModel(TestPaths.shared("models/t5-mini"), threads: 2)
    let golden = try GoldenTensors(path: TestPaths.shared("reference/vectors/t5mini.safetensors"))
    let batch = TokenBatch(try texts(golden))
    let prompt = try prompt(golden)
    let words = try (0..<2).map { try golden.integers("target\($0).ids").map { Int32($0) } }
    let scores = try model.scores(
      batch, prompt: prompt.folded(), readout: .labelWords(withContinuations(words)))
    let expected = try (0..<6).flatMap { try golden.doubles("text\($0).scores") }
    #expect(
      largestDifference(
        besideFirst(scores.values, columns: 4, count: 2),
        besideFirst(expected, columns: 2)) < 1e-4)
    let result = try model.step(
      batch, labels: try golden.integers("labels"), prompt: prompt, readout: .labelWords(words))
    #expect(result.head == nil)
    try expectGradients(result, golden)
  }
}
