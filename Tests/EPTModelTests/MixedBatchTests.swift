import EPTText
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Texts of several prompts in one batch.
@Suite struct MixedBatchTests {
  private typealias Fixture = TinyModelTests.Fixture

  /// Prompts of unlike lengths, ranks and read-outs.
  private func prompts(_ fixture: Fixture) throws -> [PreparedPrompt] {
    var noise = Noise(7)
    let hiddenSize = fixture.model.hiddenSize
    func folded(_ length: Int, rank: Int) -> FoldedPrompt {
      FoldedPrompt(
        prompt: noise.matrix(length, hiddenSize), lowRankA: noise.matrix(rank == 0 ? 0 : 64, rank),
        lowRankB: noise.matrix(rank, hiddenSize), lowRankScale: 0.5)
    }
    func head(_ classes: Int) -> Readout {
      .head(
        LinearHead(weight: noise.matrix(classes, hiddenSize), bias: noise.floats(classes)))
    }
    var prompts = [
      try fixture.model.prepare(fixture.prompt().folded(), readout: fixture.readout()),
      try fixture.model.prepare(nil, readout: fixture.readout()),
      try fixture.model.prepare(folded(9, rank: 0), readout: head(2)),
      try fixture.model.prepare(folded(1, rank: 3), readout: head(5)),
    ]
    if fixture.model.hasDecoder {
      prompts.append(
        try fixture.model.prepare(
          folded(4, rank: 2), readout: .labelWords([[7], [9, 1], [9, 8, 1], [3, 1], [1]])))
    }
    return prompts
  }

  @Test(arguments: TinyModelTests.names)
  func eachTextAsWithItsPromptAlone(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompts = try prompts(fixture)
    let texts = (0..<3).flatMap { _ in fixture.texts.dropLast() }
    // 7 and the number of prompts have no common factor: every prompt meets every length.
    let promptOfText = texts.indices.map { 7 * $0 % prompts.count }
    let mixed = try fixture.model.scores(
      TokenBatch(texts), prompts: prompts, promptOfText: promptOfText)
    #expect(mixed.map(\.count) == promptOfText.map { prompts[$0].readout.classCount })
    for (text, prompt) in promptOfText.enumerated() {
      let alone = try fixture.model.scores(TokenBatch([texts[text]]), prompt: prompts[prompt])
      #expect(largestDifference(mixed[text], alone.values.map(Double.init)) < 1e-4)
    }
  }

  @Test(arguments: TinyModelTests.names)
  func misuse(_ name: String) throws {
    let (fixture, other) = (try Fixture(name), try Fixture(name))
    let prompts = try prompts(fixture)
    for indices in [[], [0, 1, 0, 4 + prompts.count], [0, -1, 0, 0]] {
      #expect(throws: ModelError.self) {
        try fixture.model.scores(fixture.batch, prompts: prompts, promptOfText: indices)
      }
    }
    #expect(throws: ModelError.self) {
      try other.model.scores(fixture.batch, prompt: prompts[0])
    }
  }
}
