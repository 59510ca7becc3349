import EPTCompute
import EPTModel
import Testing

@testable import EPTTask

/// What is told of the answers beyond the metric.
struct EvaluationDetailTests {
  private func task() throws -> TaskDefinition {
    try TaskDefinition(
      name: "t", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: [.init("a"), .init("b"), .init("c")], metric: .accuracy, inputLength: 8,
      split: .stratifiedTenths(seed: 1), source: DataSource(folders: [], columns: ["text"]))
  }

  @Test func figuresConfusionAndMistakes() throws {
    let scores = [
      Matrix(rows: 2, columns: 3, values: [4, 0, 0, 2, 1, 0]),
      Matrix(rows: 2, columns: 3, values: [0, 9, 0, 0, 5, 0]),
    ]
    let examples = zip(["one", "two", "three", "four"], [0, 1, 3, 1]).map {
      Example(values: [$0], label: $1)
    }
    let detail = EvaluationDetail(
      scores: scores, examples: examples, task: try task(), unknown: ["d"])
    #expect(detail.classes.map(\.label) == ["a", "b", "c", "d"])
    #expect(detail.classes.map(\.support) == [1, 2, 0, 1])
    #expect(detail.classes.map(\.precision) == [0.5, 0.5, 0, 0])
    #expect(detail.classes.map(\.recall) == [1, 0.5, 0, 0])
    #expect(
      detail.confusion == [
        .init(truth: "a", answer: "a", count: 1), .init(truth: "b", answer: "a", count: 1),
        .init(truth: "b", answer: "b", count: 1), .init(truth: "d", answer: "b", count: 1),
      ])
    // The truth that was thought least probable comes first.
    #expect(detail.mistakes.map(\.texts) == [["three"], ["two"]])
    #expect(detail.mistakes.map(\.truth) == ["d", "b"])
    #expect(detail.mistakes[0].truthProbability == 0 && detail.mistakes[0].probability ?? 0 > 0.99)
    #expect(detail.evaluation.loss.isFinite)
  }

  @Test func intervals() throws {
    let examples = (0..<400).map { Example(values: ["x"], label: $0 % 2) }
    // 300 of 400 are right: a standard error of 0.02165.
    let predicted = examples.indices.map {
      $0 % 4 == 0 ? 1 - examples[$0].label : examples[$0].label
    }
    let task = try task()
    let interval = try #require(
      ConfidenceInterval.bootstrap(predicted, examples, task).first)
    #expect(abs(interval.low - (0.75 - 1.96 * 0.02165)) < 0.01)
    #expect(abs(interval.high - (0.75 + 1.96 * 0.02165)) < 0.01)
    #expect(ConfidenceInterval.bootstrap(predicted, examples, task).first == interval)
    #expect(ConfidenceInterval.bootstrap([], [], task).isEmpty)
  }
}
