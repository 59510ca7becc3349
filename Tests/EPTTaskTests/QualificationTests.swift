import EPTFormat
import Testing

@testable import EPTTask

struct QualificationTests {
  private let reference = [[0.9, 0.1], [0.4, 0.6], [0.55, 0.45], [0.2, 0.8]]
  private let candidate = [[0.8, 0.2], [0.6, 0.4], [0.45, 0.55], [0.1, 0.9]]

  @Test("Changed answers come with their margins, the surest first")
  func comparison() {
    let comparison = AnswerComparison(reference: reference, candidate: candidate)
    #expect(comparison.agreement == 0.5)
    #expect(comparison.changes.map(\.row) == [1, 2])
    #expect(comparison.changes.map(\.reference) == [1, 0])
    #expect(abs(comparison.changes[0].referenceMargin - 0.2) < 1e-12)
    #expect(abs(comparison.changes[1].candidateMargin - 0.1) < 1e-12)
    #expect(abs(comparison.largestDifference - 0.2) < 1e-12)
    #expect(abs(comparison.meanDifference - 0.125) < 1e-12)
    #expect(AnswerComparison(reference: [], candidate: []).agreement == 1)
  }

  @Test("A threshold's recall and false positives")
  func thresholds() {
    let labels = [0, 1, 0, 1]
    let figures = ThresholdFigures(reference, labels: labels, label: 1, threshold: 0.6)
    #expect(figures.recall == 1 && figures.falsePositives == 0)
    let after = ThresholdFigures(candidate, labels: labels, label: 1, threshold: 0.5)
    #expect(after.recall == 0.5 && after.falsePositives == 0.5)
    let none = ThresholdFigures(reference, labels: [0, 0, 0, 0], label: 1, threshold: 0.5)
    #expect(none.recall == nil && none.falsePositives == 0.5)
  }

  @Test("A budget's limits are kept or not; one without a figure is not")
  func budget() throws {
    let json: JSON = ["agreement": 0.5, "p99_ms": 10, "recall_loss": 0]
    let budget = try QualityBudget(json, path: "budget.json")
    let verdicts = budget.verdicts([.agreement: 0.5, .p99: 10.5, .memory: 4])
    #expect(verdicts.map(\.limit) == [.agreement, .recallLoss, .p99])
    #expect(verdicts.map(\.isKept) == [true, false, false])
    for json in [["speed": 1], ["agreement": "all"], ["agreement": -1], []] as [JSON] {
      #expect(throws: TaskError.self) { try QualityBudget(json, path: "budget.json") }
    }
  }
}
