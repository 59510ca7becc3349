import EPTCompute
import EPTFormat
import EPTModel
import Testing

@testable import EPTTrain

@Suite("AdamW, clipping and schedule, against PyTorch")
struct OptimiserTests {
  /// A prompt of three rows of two numbers, and a head that serves as the second group: one row
  /// of four numbers, its bias unused.
  private func parameters(_ first: [Float], _ second: [Float]) -> TrainedParameters {
    let shape = PromptShape(
      promptLength: 3, inputLength: 1, hiddenSize: 2, rank: 0, subspaces: 0, subspaceWidth: 1)
    var prompt = EPTPrompt(shape: shape)
    prompt[.shortPrompt].values = first
    return TrainedParameters(
      prompt: prompt,
      head: LinearHead(weight: Matrix(rows: 1, columns: 4, values: second), bias: []))
  }

  @Test func stepsOfTwoGroups() throws {
    for golden in try #require(try goldens("optimiser").array) {
      let start = try #require(golden["start"]?.array)
      var current = parameters(try floats(start[0]), try floats(start[1]))
      let decay = Float(try #require(golden["decay"]?.number))
      var optimiser = AdamW(current, weightDecay: decay)
      let schedule = LearningRateSchedule(warmUp: 4, steps: 12)
      let steps = try #require(golden["steps"]?.array)
      for (index, step) in steps.enumerated() {
        let gradients = try #require(step["gradients"]?.array)
        var gradient = parameters(try floats(gradients[0]), try floats(gradients[1]))
        let factor = schedule.factor(index + 1)
        #expect(abs(factor - Float(try #require(step["factor"]?.number))) < 1e-6)
        let norm = gradient.clip(to: 1)
        let expectedNorm = Float(try #require(step["norm"]?.number))
        #expect(abs(norm - expectedNorm) <= 1e-5 * expectedNorm)
        optimiser.step(&current, gradient: gradient) {
          $0 == .prompt ? 0.3 * factor : 0.01 * factor
        }
        let expected = try #require(step["parameters"]?.array)
        for (tensor, values) in [
          (ParameterTensor.part(.shortPrompt), try floats(expected[0])),
          (.headWeight, try floats(expected[1])),
        ] {
          for (actual, value) in zip(current[tensor], values) {
            #expect(abs(actual - value) < 2e-5, "step \(index + 1)")
          }
        }
      }
    }
  }

  @Test func aSmallGradientIsNotScaled() {
    var gradient = parameters([0.1, 0, 0, 0, 0, 0], [0, 0, 0, 0.2])
    let before = gradient
    #expect(abs(gradient.clip(to: 1) - Float(0.05).squareRoot()) < 1e-7)
    #expect(gradient == before)
  }

  @Test func scheduleOfKnownLength() {
    let schedule = LearningRateSchedule(warmUp: 2, steps: 6)
    #expect((1...6).map { schedule.factor($0) } == [0.5, 1, 1, 0.75, 0.5, 0.25])
    #expect(LearningRateSchedule(warmUp: 0, steps: 2).factor(1) == 1)
    #expect(LearningRateSchedule(warmUp: 5, steps: 5).factor(5) == 1)
  }

  /// Half a cosine: (1 + cos(π·0/4..3/4)) / 2.
  @Test func scheduleShapes() {
    let cosine = LearningRateSchedule(.cosine, warmUp: 2, steps: 6)
    for (step, expected) in zip(1...6, [0.5, 1, 1, 0.853_553_4, 0.5, 0.146_446_6] as [Float]) {
      #expect(abs(cosine.factor(step) - expected) < 1e-6)
    }
    let constant = LearningRateSchedule(.constant, warmUp: 2, steps: 6)
    #expect((1...6).map { constant.factor($0) } == [0.5, 1, 1, 1, 1, 1])
    var open = LearningRateSchedule(.constant, warmUp: 0, steps: nil)
    open.beginDecay(after: 10, length: 4)
    #expect(open.end == 10)
    for shape in ScheduleShape.allCases {
      var schedule = LearningRateSchedule(shape, warmUp: 0, steps: 50)
      #expect((1...50).allSatisfy { schedule.factor($0) > 0 && schedule.factor($0) <= 1 })
      schedule.stop(after: 7)
      #expect(schedule.end == 7)
    }
  }

  @Test func scheduleOfUnknownLength() {
    var schedule = LearningRateSchedule(warmUp: 2, steps: nil)
    #expect([1, 2, 3, 1000].map { schedule.factor($0) } == [0.5, 1, 1, 1])
    #expect(schedule.end == nil)
    schedule.beginDecay(after: 10, length: 4)
    #expect((10...14).map { schedule.factor($0) } == [1, 1, 0.75, 0.5, 0.25])
    #expect(schedule.end == 14)
  }

  @Test func batchesAreThoseOfTheReference() throws {
    var order = BatchOrder(rows: 7, batch: 3, seed: 11)
    let expected = try #require(try goldens("random")["batches"]?.array)
    for (step, rows) in expected.enumerated() {
      #expect(try order.rows(step: step + 1) == #require(rows.array).map { $0.integer })
    }
    // Out of turn, the same rows.
    var again = BatchOrder(rows: 7, batch: 3, seed: 11)
    #expect(again.rows(step: 4) == expected[3].array?.map { $0.integer })
    // A batch larger than the set reads it more than once.
    var small = BatchOrder(rows: 2, batch: 5, seed: 1)
    #expect(Set(small.rows(step: 1)) == [0, 1])
  }
}
