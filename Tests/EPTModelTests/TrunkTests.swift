import EPTFormat
import EPTText
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Tasks that share the blocks below their projections.
@Suite struct TrunkTests {
  private typealias Fixture = TinyModelTests.Fixture

  /// A task of random projections after the last blocks, nil for all; with `rows` of a prompt.
  private func task(
    _ fixture: Fixture, seed: UInt64, last: Int?, subspaces: Int = 3, rows: Int = 0
  ) throws -> PreparedPrompt {
    var noise = Noise(seed)
    let blocks = fixture.model.blockCounts
    let shape = PromptShape(
      promptLength: rows, inputLength: 48, hiddenSize: fixture.model.hiddenSize, rank: 0,
      subspaces: 0, subspaceWidth: 1,
      depth: DepthShape(
        encoderBlocks: last ?? blocks.encoder, decoderBlocks: min(blocks.decoder, last ?? .max),
        subspaces: subspaces, subspaceWidth: 2))
    var prompt = EPTPrompt(shape: shape, usesFusion: false)
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      prompt[part] = noise.matrix(size.rows, size.columns, scale: 0.2)
    }
    return try fixture.model.prepare(prompt.folded(), readout: fixture.readout())
  }

  /// The same texts for tasks with projections after few, more and all blocks, for heads on bare
  /// states, and for a prompt.
  @Test(
    arguments: ["bert", "mpnet", "modernbert", "t5-relu"],
    [(1, Precision.f32), (3, .f32), (1, .int8), (3, .int8)])
  func eachTaskAsAlone(_ name: String, how: (threads: Int, precision: Precision)) throws {
    let fixture = try Fixture(name, threads: how.threads, precision: how.precision)
    let prompts = [
      try task(fixture, seed: 1, last: 1), try task(fixture, seed: 2, last: 1, subspaces: 1),
      try task(fixture, seed: 3, last: 2), try task(fixture, seed: 4, last: nil),
      try fixture.model.prepare(nil, readout: fixture.readout()),
      try fixture.model.prepare(nil, readout: fixture.readout()),
      try task(fixture, seed: 5, last: 1, rows: 3),
    ]
    // Enough rows for threads to take groups of texts through all blocks.
    let texts = (0..<4).flatMap { _ in fixture.texts.dropLast() }
    let batch = TokenBatch(texts.flatMap { text in prompts.map { _ in text } })
    let promptOfText = texts.flatMap { _ in prompts.indices }
    let together = try fixture.model.scores(batch, prompts: prompts, promptOfText: promptOfText)
    for (index, prompt) in prompts.enumerated() {
      let alone = try fixture.model.scores(TokenBatch(texts), prompt: prompt)
      let mine = promptOfText.indices.filter { promptOfText[$0] == index }
      #expect(
        largestDifference(mine.flatMap { together[$0] }, alone.values.map(Double.init)) < 1e-5,
        "task \(index)")
    }
  }

  /// Some texts for some tasks, in any order.
  @Test(arguments: ["bert", "modernbert"])
  func someTextsOfSomeTasks(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompts = [
      try task(fixture, seed: 1, last: 1), try task(fixture, seed: 2, last: 2),
      try task(fixture, seed: 3, last: 1, rows: 2),
    ]
    let texts = Array(fixture.texts.dropLast())
    let asked = [(0, 0), (1, 2), (0, 1), (2, 0), (3, 2), (2, 0), (2, 1), (1, 0), (0, 2)]
    let together = try fixture.model.scores(
      TokenBatch(asked.map { texts[$0.0] }), prompts: prompts, promptOfText: asked.map(\.1))
    for (index, (text, prompt)) in asked.enumerated() {
      let alone = try fixture.model.scores(TokenBatch([texts[text]]), prompt: prompts[prompt])
      #expect(largestDifference(together[index], alone.values.map(Double.init)) < 1e-5)
    }
  }

  @Test func stagesOfAPlan() throws {
    let (a, b) = (text([3, 4]), text([5, 6, 7]))
    // Text a for a task of the last 2 of 6 blocks, one of the last block, a head, a prompt and
    // again the first task; text b for the first task alone.
    let batch = TokenBatch([a, a, a, a, a, b])
    let plan = try #require(
      TrunkPlan(
        batch, sharedBlocks: [5, 6, 6, 0, 5, 5],
        changesStates: [true, true, false, true, true, true], blocks: 6))
    #expect(
      plan.first
        == TrunkPlan.Stage(
          blocks: 0..<5, isLast: false, texts: [0, 3, 5], isOwn: [false, true, true],
          isFork: [false, false, false]))
    #expect(
      plan.later == [
        TrunkPlan.Stage(
          blocks: 5..<6, isLast: false, texts: [0, 1, 3, 4, 5],
          isOwn: [true, false, true, true, true], isFork: [true, false, false, true, false],
          sources: [0, 0, 1, 0, 2]),
        TrunkPlan.Stage(
          blocks: 6..<6, isLast: true, texts: [0, 1, 2, 3, 4, 5],
          isOwn: [true, true, false, true, true, true],
          isFork: [false, true, false, false, false, false], sources: [0, 1, 1, 2, 3, 4]),
      ])
    #expect(plan.sequenceOfText == [0, 1, 2, 3, 4, 5])
  }

  @Test func headsShareEverything() throws {
    let batch = TokenBatch([text([3]), text([3]), text([4])])
    let plan = try #require(
      TrunkPlan(
        batch, sharedBlocks: [2, 2, 2], changesStates: [false, false, false], blocks: 2))
    #expect(plan.later.isEmpty && plan.first.isLast && plan.first.texts == [0, 2])
    #expect(plan.sequenceOfText == [0, 0, 1])
  }

  @Test func nothingToShare() {
    let same = TokenBatch([text([3, 4]), text([3, 4])])
    func plan(_ batch: TokenBatch, _ shared: [Int]) -> TrunkPlan? {
      TrunkPlan(batch, sharedBlocks: shared, changesStates: [true, true], blocks: 2)
    }
    #expect(plan(same, [1, 0]) == nil)
    #expect(plan(TokenBatch([text([3, 4]), text([3, 5])]), [1, 1]) == nil)
    let types = TokenBatch([
      TokenizedText(ids: [3, 4], tokenTypeIDs: [0, 0]),
      TokenizedText(ids: [3, 4], tokenTypeIDs: [0, 1]),
    ])
    #expect(plan(types, [1, 1]) == nil)
    #expect(plan(same, [1, 1]) != nil)
  }
}
