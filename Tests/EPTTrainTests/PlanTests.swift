import EPTModel
import EPTTask
import Testing

@testable import EPTTrain

struct PlanTests {
  private func plan(
    _ settings: TrainingSettings = TrainingSettings(), hiddenSize: Int = 768, positions: Int? = nil,
    rms: Float = 1, hasHead: Bool = false, task: String = "rte", backbonePooling: Pooling? = nil
  ) throws -> TrainingPlan {
    try TrainingPlan(
      settings, task: TaskCatalogue.task(named: task), hiddenSize: hiddenSize, positions: positions,
      embeddingRMS: rms, hasHead: hasHead, blocks: (encoder: 2, decoder: 0),
      backbonePooling: backbonePooling)
  }

  /// The method's own example: d = 768, n = 256 gives r = 18 and the whole budget.
  @Test func rankFillsTheBudget() throws {
    var settings = TrainingSettings()
    settings.promptLength = 40
    let plan = try plan(settings)
    #expect(plan.shape.rank == 18)
    #expect(plan.parameterCount == 76_800)
    #expect(plan.budget == 76_800)
    #expect(try self.plan(settings, hasHead: true).parameterCount == 76_800 + 2 * 769)
  }

  @Test func poolingIsTheUsersThenTheBackbonesThenTheMean() throws {
    var settings = TrainingSettings()
    #expect(try plan(settings, hasHead: true).pooling == .mean)
    #expect(try plan(settings, hasHead: true, backbonePooling: .cls).pooling == .cls)
    #expect(try plan(settings, backbonePooling: .cls).pooling == nil)
    #expect(try plan(settings).json["pooling"] == .null)
    settings.pooling = .last
    let plan = try plan(settings, hasHead: true, backbonePooling: .cls)
    #expect(plan.pooling == .last)
    #expect(plan.json["pooling"] == "last")
    #expect {
      try self.plan(settings)
    } throws: { "\($0)".contains("pooling") && "\($0)".contains("decoder") }
  }

  /// Before a head EPT is its projections after blocks, unless something concerns a prompt.
  @Test func eptBeforeAHeadIsInDepth() throws {
    let alone = try plan(hasHead: true)
    #expect(alone.shape.promptLength == 0)
    #expect(alone.shape.rank == 0)
    #expect(alone.shape.subspaces == 0)
    #expect(!alone.usesFusion)
    #expect(
      alone.shape.depth
        == DepthShape(encoderBlocks: 2, decoderBlocks: 0, subspaces: 4, subspaceWidth: 1))
    #expect(try plan().shape.depth == nil)
    #expect(try plan().shape.promptLength == 10)
    let changes: [(inout TrainingSettings) -> Void] = [
      { $0.promptLength = 10 }, { $0.rank = 3 }, { $0.subspaces = 2 }, { $0.usesFusion = true },
      { $0.promptRate = 0.1 }, { $0.nominalLength = 40 }, { $0.depth = DepthChoice.none },
      { $0.start = "text" },
    ]
    for change in changes {
      var settings = TrainingSettings()
      change(&settings)
      let plan = try plan(settings, hasHead: true)
      #expect(plan.shape.depth == nil)
      #expect(plan.shape.promptLength == 10)
    }
    var settings = TrainingSettings()
    settings.depthWidth = 2
    #expect(try plan(settings, hasHead: true).shape.depth?.subspaceWidth == 2)
    #expect {
      try self.plan(settings)
    } throws: { "\($0)".contains("depth width") }
    settings = TrainingSettings()
    settings.method = .pt
    #expect(try plan(settings, hasHead: true).shape.depth == nil)
  }

  /// Small embeddings would leave fusion's softmax even.
  @Test func fusionScaleFollowsTheEmbeddings() throws {
    var settings = TrainingSettings()
    #expect(try plan(settings, rms: 0.0625).fusionScale == 16)
    #expect(try plan(settings, rms: 6.7).fusionScale == 1)
    settings.usesFusion = false
    #expect(try plan(settings, rms: 0.0625).fusionScale == 1)
    settings.usesFusion = nil
    settings.fusionScale = 3
    #expect(try plan(settings, rms: 0.0625).fusionScale == 3)
    settings.method = .dept
    settings.fusionScale = nil
    #expect(try plan(settings, rms: 0.0625).fusionScale == 1)
    for scale in [Float(0), -1, .nan, .infinity] {
      settings.method = .ept
      settings.fusionScale = scale
      #expect {
        try settings.validate()
      } throws: { "\($0)".contains("fusion scale") }
    }
  }

  @Test func inputLengthLeavesRoomForThePrompt() throws {
    #expect(try plan(positions: 512).shape.inputLength == 256)
    var settings = TrainingSettings()
    settings.promptLength = 40
    #expect(try plan(settings, positions: 100).shape.inputLength == 60)
    #expect(throws: TrainError.self) { try plan(settings, positions: 44) }
    settings.inputLength = 61
    #expect {
      try plan(settings, positions: 100)
    } throws: { "\($0)".contains("input length must be 60 or less") }
    settings.inputLength = 60
    #expect(try plan(settings, positions: 100).shape.inputLength == 60)
  }

  @Test func scheduleFollowsTheSteps() throws {
    var settings = TrainingSettings()
    #expect(try plan(settings).warmUp == 100)
    #expect(try plan(settings).evaluationInterval == 100)
    settings.steps = 40
    #expect(try plan(settings).warmUp == 4)
    #expect(try plan(settings).evaluationInterval == 10)
    settings.steps = 30_000
    #expect(try plan(settings).warmUp == 500)
    #expect(try plan(settings).evaluationInterval == 100)
    settings.warmUp = 7
    settings.evaluationInterval = 1000
    #expect(try plan(settings).warmUp == 7)
    #expect(try plan(settings).evaluationInterval == 1000)
  }

  @Test func ratesFollowTheEmbeddings() throws {
    let small = try plan(rms: 0.05).rates
    let large = try plan(rms: 6.7).rates
    // Rates that were good in PyTorch, within a quarter: MiniLM's, and T5-base's prompt.
    #expect(abs(small.prompt / 2e-3 - 1) < 0.25)
    #expect(abs(small.lowRank / 1e-3 - 1) < 0.25)
    #expect(abs(small.subspaces / 2e-3 - 1) < 0.25)
    #expect(abs(large.prompt / 0.3 - 1) < 0.25)
    #expect(large.lowRank == 5e-3)
    var settings = TrainingSettings()
    settings.promptRate = 0.5
    settings.headRate = 0.25
    #expect(try plan(settings, rms: 0.05).rates[.prompt] == 0.5)
    #expect(try plan(settings, rms: 0.05).rates[.head] == 0.25)
    #expect(try plan(settings, rms: 0.05).rates[.lowRank] == small.lowRank)
  }

  @Test func sizesThatNoMemoryHoldsAreRefused() throws {
    var settings = TrainingSettings()
    settings.subspaces = 1 << 12
    settings.subspaceWidth = 1 << 12
    settings.rank = 1 << 16
    #expect {
      try plan(settings)
    } throws: { "\($0)".contains("subspaces") && "\($0)".contains("numbers together") }
  }

  @Test func badSettingsAreNamed() throws {
    func expect(_ setting: String, _ change: (inout TrainingSettings) -> Void) {
      var settings = TrainingSettings()
      change(&settings)
      #expect {
        try settings.validate()
      } throws: { "\($0)".hasPrefix(setting + " ") }
    }
    try TrainingSettings().validate()
    expect("steps") { $0.steps = 0 }
    expect("batch") { $0.batch = -1 }
    expect("rank") { $0.rank = -1 }
    expect("prompt length") { $0.promptLength = .max }
    expect("subspaces") { $0.subspaces = 1 << 40 }
    expect("prompt rate") { $0.promptRate = .nan }
    expect("head rate") { $0.headRate = -1 }
    expect("gradient clip") { $0.gradientClip = 0 }
    expect("warm-up") {
      $0.steps = 3
      $0.warmUp = 4
    }
  }
}
