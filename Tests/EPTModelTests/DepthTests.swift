import EPTFormat
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Projections after blocks: EPT in depth.
@Suite struct DepthTests {
  private static let names = ["bert", "modernbert", "t5-gated"]

  /// Random projections, and a prompt in front of the text unless `rows` is 0.
  private func prompt(
    _ model: PromptedModel, rows: Int = 2, subspaces: Int = 3, last: Int? = nil
  ) -> EPTPrompt {
    var noise = Noise(31)
    let blocks = model.blockCounts
    let shape = PromptShape(
      promptLength: rows, inputLength: 48, hiddenSize: model.hiddenSize, rank: 0, subspaces: 0,
      subspaceWidth: 1,
      depth: DepthShape(
        encoderBlocks: last ?? blocks.encoder, decoderBlocks: min(blocks.decoder, last ?? .max),
        subspaces: subspaces, subspaceWidth: 2))
    var prompt = EPTPrompt(shape: shape, usesFusion: false)
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      // Small, so that the loss bends little over the differences' steps.
      let scale: Float = part == .shortPrompt ? 0.3 : 0.1
      prompt[part] = noise.matrix(size.rows, size.columns, scale: scale)
    }
    return prompt
  }

  /// Every part's gradient through the whole model, by central differences at some places.
  @Test(arguments: names, [1, 3])
  func gradients(_ name: String, subspaces: Int) throws {
    let fixture = try TinyModelTests.Fixture(name)
    let (labels, readout) = (try fixture.labels(), try fixture.readout())
    let prompt = prompt(fixture.model, subspaces: subspaces)
    let result = try fixture.model.step(
      fixture.batch, labels: labels, prompt: prompt, readout: readout)
    for part in [PromptPart.shortPrompt, .depthDown, .depthUp, .depthGate] {
      let gradient = result.prompt[part].values
      #expect(gradient.isEmpty == (part == .depthGate && subspaces == 1))
      let scale = gradient.map(abs).max() ?? 0
      for index in stride(from: 3, to: gradient.count, by: max(1, gradient.count / 5)) {
        let expected = try centralDifferences([prompt[part].values[index]], step: 0.004) { value in
          var moved = prompt
          moved[part].values[index] = value[0]
          return Double(
            try fixture.model.step(
              fixture.batch, labels: labels, prompt: moved, readout: readout
            ).loss)
        }[0]
        #expect(
          abs(Double(gradient[index]) - expected) < 0.02 * Double(scale) + 1e-5,
          "\(part) \(index): \(gradient[index]), \(expected)")
      }
    }
  }

  /// With `V` of zeros nothing is added, to the bit.
  @Test(arguments: names)
  func startIsTheBareModel(_ name: String) throws {
    let fixture = try TinyModelTests.Fixture(name)
    let readout = try fixture.readout()
    var prompt = prompt(fixture.model, rows: 0)
    prompt[.depthUp].values = prompt[.depthUp].values.map { _ in 0 }
    let bare = try fixture.model.scores(fixture.batch, prompt: nil, readout: readout)
    #expect(
      try fixture.model.scores(fixture.batch, prompt: prompt.folded(), readout: readout) == bare)
    prompt = self.prompt(fixture.model, rows: 0)
    #expect(
      try fixture.model.scores(fixture.batch, prompt: prompt.folded(), readout: readout) != bare)
  }

  /// Texts of different tasks in one batch get what each gets alone.
  @Test(arguments: names)
  func tasksShareABatch(_ name: String) throws {
    let fixture = try TinyModelTests.Fixture(name)
    let readout = try fixture.readout()
    let prompts = [
      try fixture.model.prepare(prompt(fixture.model).folded(), readout: readout),
      try fixture.model.prepare(nil, readout: readout),
      try fixture.model.prepare(
        prompt(fixture.model, rows: 0, subspaces: 1, last: 1).folded(), readout: readout),
    ]
    let order = [2, 0, 1, 0]
    let mixed = try fixture.model.scores(fixture.batch, prompts: prompts, promptOfText: order)
    for (text, prompt) in order.enumerated() {
      let alone = try fixture.model.scores(
        TokenBatch([fixture.texts[text]]), prompt: prompts[prompt])
      #expect(largestDifference(mixed[text], alone.values.map(Double.init)) < 1e-5)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let model = try TinyModelTests.Fixture("bert").model
    let head = Readout.head(
      LinearHead(weight: Matrix(rows: 2, columns: model.hiddenSize), bias: [0, 0]))
    let prompt = prompt(model, last: model.blockCounts.encoder + 1)
    #expect(throws: ModelError.self) { try model.prepare(prompt.folded(), readout: head) }
  }

  /// In a BERT the last states are what the last block gives: the gates follow from them.
  @Test func gatesOverTokens() throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let readout = try fixture.readout()
    var prompt = prompt(fixture.model, rows: 0, last: 1)
    prompt[.depthUp].values = prompt[.depthUp].values.map { _ in 0 }
    let prepared = try fixture.model.prepare(prompt.folded(), readout: readout)
    let gates = try #require(try fixture.model.depthGates(fixture.batch, prompt: prepared))
    let states = fixture.model.lastHiddenStates(fixture.batch)
    var expected = [0.0, 0, 0]
    for row in 0..<states.rows {
      let scores = (0..<3).map { subspace in
        (0..<states.columns).reduce(0.0) {
          $0 + Double(states.values[row * states.columns + $1])
            * Double(prompt[.depthGate].values[subspace * states.columns + $1])
        }
      }
      let weights = scores.map { exp($0) }
      for subspace in 0..<3 { expected[subspace] += weights[subspace] / weights.reduce(0, +) }
    }
    #expect(gates.tokens == [states.rows])
    #expect(largestDifference(gates.means[0], expected.map { $0 / Double(states.rows) }) < 1e-5)
    var twice = gates
    twice.add(gates)
    #expect(twice.means == gates.means && twice.tokens == [2 * states.rows])
  }

  /// Prompt rows do not count; both stacks do; without a gate there is nothing.
  @Test(arguments: names)
  func gatesOfAllBlocks(_ name: String) throws {
    let fixture = try TinyModelTests.Fixture(name)
    let (model, readout) = (fixture.model, try fixture.readout())
    let gated = try model.prepare(prompt(model).folded(), readout: readout)
    let gates = try #require(try model.depthGates(fixture.batch, prompt: gated))
    let blocks = model.blockCounts
    #expect(gates.tokens.count == blocks.encoder + blocks.decoder)
    #expect(gates.tokens.prefix(blocks.encoder).allSatisfy { $0 == fixture.batch.ids.count })
    for means in gates.means { #expect(abs(means.reduce(0, +) - 1) < 1e-5) }
    let plain = try model.prepare(prompt(model, subspaces: 1).folded(), readout: readout)
    #expect(try model.depthGates(fixture.batch, prompt: plain) == nil)
    let bare = try model.prepare(nil, readout: readout)
    #expect(try model.depthGates(fixture.batch, prompt: bare) == nil)
  }
}
