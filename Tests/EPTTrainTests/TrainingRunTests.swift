import EPTCompute
import EPTModel
import EPTTask
import Testing

@testable import EPTTrain

@Suite("The course of a run, with evaluations made up")
struct TrainingRunTests {
  private func run(_ change: (inout TrainingSettings) -> Void) throws -> TrainingRun {
    var settings = TrainingSettings()
    settings.promptLength = 1
    settings.rank = 0
    settings.subspaces = 0
    change(&settings)
    let plan = try TrainingPlan(
      settings, task: TaskCatalogue.task(named: "sst2"), hiddenSize: 2, positions: nil,
      embeddingRMS: 1, hasHead: false, blocks: (encoder: 2, decoder: 0))
    return TrainingRun(
      plan: plan, start: TrainedParameters(prompt: EPTPrompt(shape: plan.shape), head: nil))
  }

  /// An evaluation of two rows, of which `right` are right.
  private func evaluation(right: Int, margin: Float = 1) throws -> Evaluation {
    let examples = [0, 1].map { Example(values: [""], label: $0) }
    let guesses = right == 2 ? [0, 1] : right == 1 ? [1, 1] : [1, 0]
    let scores = guesses.map { guess in
      Matrix(rows: 1, columns: 2, values: guess == 0 ? [margin, 0] : [0, margin])
    }
    return Evaluation(
      scores: scores, examples: examples, task: try TaskCatalogue.task(named: "sst2"))
  }

  private func gradient(_ run: TrainingRun, _ value: Float) -> TrainedParameters {
    var gradient = run.parameters
    gradient[.part(.shortPrompt)] = [value, 0]
    return gradient
  }

  private func advance(_ run: inout TrainingRun, to step: Int) throws {
    while run.step < step { try run.advance(loss: 1, gradient: gradient(run, 1)) }
  }

  @Test func evaluations() throws {
    let all = try evaluation(right: 2)
    #expect(all.score.selection == 1)
    #expect(all.predictedClasses == 2)
    #expect(try evaluation(right: 1).predictedClasses == 1)
    // Cross-entropy of a margin of 1, by hand: ln(1 + e^-1).
    #expect(abs(all.loss - 0.313_261_687_518_222_8) < 1e-7)
    #expect(all.isBetter(than: nil))
    #expect(!all.isBetter(than: all))
    #expect(try evaluation(right: 2, margin: 2).isBetter(than: all))
    #expect(try !evaluation(right: 1, margin: 0).isBetter(than: all))
  }

  @Test func fixedStepsKeepTheBest() throws {
    var run = try run { $0.steps = 8 }
    #expect(run.isEvaluationDue)
    #expect(try run.record(evaluation(right: 0)))
    var due: [Int] = []
    while !run.isOver {
      try advance(&run, to: run.step + 1)
      guard run.isEvaluationDue else { continue }
      due.append(run.step)
      #expect(try run.record(evaluation(right: run.step == 4 ? 2 : 1)) == (run.step <= 4))
    }
    #expect(due == [2, 4, 6, 8])
    #expect(run.chosen.step == 4)
    #expect(run.chosen.parameters != run.parameters)
  }

  @Test func aRunWithoutStepsEndsAfterAPlateau() throws {
    var run = try run {
      $0.warmUp = 10
      $0.evaluationInterval = 10
      $0.patience = 3
    }
    _ = try run.record(evaluation(right: 0, margin: 2))
    while !run.isOver, run.step < 1000 {
      try advance(&run, to: run.step + 1)
      guard run.isEvaluationDue else { continue }
      // Wrong with ever less confidence, then right and no better.
      let evaluation =
        try run.step < 100
        ? evaluation(right: 0, margin: 2 - Float(run.step) / 100) : evaluation(right: 1)
      _ = try run.record(evaluation)
    }
    // The last gain is at 100, the third evaluation without one at 130; a fifth of that, in
    // whole intervals, is 20.
    #expect(run.step == 150)
    #expect(run.chosen.step == 100)
  }

  @Test func patienceEndsARunOfKnownSteps() throws {
    var run = try run {
      $0.steps = 100
      $0.warmUp = 2
      $0.evaluationInterval = 5
      $0.patience = 2
    }
    _ = try run.record(evaluation(right: 2))
    while !run.isOver {
      try advance(&run, to: run.step + 1)
      if run.isEvaluationDue { _ = try run.record(evaluation(right: 1)) }
    }
    #expect(run.step == 10)
    #expect(run.chosen.step == 0)
  }

  @Test func aRunWithoutPlateauEndsAtTheLongest() throws {
    var run = try run {
      $0.evaluationInterval = 10
      $0.longestRun = 60
    }
    var margin: Float = 0
    while !run.isOver, run.step < 1000 {
      try advance(&run, to: run.step + 1)
      margin += 0.01
      if run.isEvaluationDue { _ = try run.record(evaluation(right: 2, margin: margin)) }
    }
    #expect(run.step == 60)
    #expect(run.chosen.step == 60)
  }

  @Test func aRunStoppedEarlyKeepsWhatItHas() throws {
    var run = try run { $0.steps = 100 }
    #expect(run.chosen.step == 0)
    _ = try run.record(evaluation(right: 1))
    #expect(run.chosen.step == 0)
    #expect(run.chosen.evaluation != nil)
    try advance(&run, to: 7)
    #expect(run.chosen.step == 7)
    #expect(run.chosen.evaluation == nil)
    try advance(&run, to: 25)
    _ = try run.record(evaluation(right: 2))
    try advance(&run, to: 30)
    #expect(run.chosen.step == 25)
  }

  @Test func divergenceNamesTheStep() throws {
    var run = try run { $0.steps = 100 }
    try advance(&run, to: 2)
    let before = run.parameters
    for (loss, slope) in [(Float.nan, Float(1)), (.infinity, 1), (1, .nan), (1, .infinity)] {
      #expect {
        try run.advance(loss: loss, gradient: gradient(run, slope))
      } throws: {
        "\($0)".contains("step 3") && "\($0)".contains("lower prompt rate (now 0.045)")
      }
    }
    #expect(run.step == 2)
    #expect(run.parameters == before)
    #expect {
      try run.record(evaluation(right: 1, margin: .nan))
    } throws: { "\($0)".contains("step 2: the validation loss") }
  }

  @Test func aGradientThatIsNoNumberNamesItsOwnRate() throws {
    var run = try run {
      $0.steps = 10
      $0.promptRate = 0.5
    }
    #expect {
      try run.advance(loss: 1, gradient: gradient(run, .nan))
    } throws: { error in
      "\(error)"
        == "training diverged at step 1: the gradient of short_prompt is not a finite number;"
        + " lower prompt rate (now 0.5)"
    }
  }
}
