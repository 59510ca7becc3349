import EPTCompute
import EPTFormat
import EPTModel
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("Rows of several labels, and of numbers")
struct LabelSetTests {
  @Test("F1 equals scikit-learn's (fixtures/reference/make_label_sets.py)")
  func scikitLearn() throws {
    let path = TestPaths.fixture("task/label_sets.json")
    let json = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
    let cases = try #require(json["cases"]?.array)
    #expect(cases.count > 40)
    for golden in cases {
      func sets(_ key: String) throws -> [Set<Int>] {
        try #require(golden[key]?.array).map { row in
          let digits = Array(try #require(row.string))
          return Set(digits.indices.filter { digits[$0] == "1" })
        }
      }
      let (truths, answers) = (try sets("truths"), try sets("answers"))
      let labels = try #require(golden["truths"]?.array?.first?.string).count
      let score = LabelSetAnswers.score(answers, truths, labels: labels)
      for (figure, key) in zip(score.figures, ["micro", "macro"]) {
        let expected = try #require(golden[key]?.number)
        #expect(abs(figure.value - expected) < 1e-12)
      }
      // The same through outputs: far from 0 on the right side.
      let task = try self.task(labels: labels)
      let examples = truths.map {
        Example(values: ["a"], label: $0.min() ?? 0, labels: $0.sorted())
      }
      let outputs = answers.map { answer in
        (0..<labels).map { answer.contains($0) ? Float(9) : -9 }
      }
      let detail = EvaluationDetail(
        scores: [Matrix(rows: outputs.count, columns: labels, values: outputs.flatMap { $0 })],
        examples: examples, task: task,
        kind: .labels(thresholds: [Float](repeating: 0.5, count: labels)))
      #expect(detail.evaluation.score == score)
      let single = try #require(golden["precision_recall_f1_support"]?.array).map {
        $0.array?.compactMap(\.number) ?? []
      }
      for (label, figures) in detail.classes.enumerated() {
        #expect(abs(figures.precision - single[0][label]) < 1e-12)
        #expect(abs(figures.recall - single[1][label]) < 1e-12)
        #expect(abs(figures.f1 - single[2][label]) < 1e-12)
        #expect(Double(figures.support) == single[3][label])
      }
      #expect(detail.mistakes.count == zip(truths, answers).count { $0 != $1 })
      #expect(detail.intervals.map(\.name) == ["micro F1", "macro F1"])
    }
  }

  private func task(labels: Int) throws -> TaskDefinition {
    try TaskDefinition(
      name: "topics", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: (0..<labels).map { TaskDefinition.Label("l\($0)") }, labelForm: .several,
      metric: .microMacroF1, inputLength: 16, split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: ["text"], labelSeparator: ","))
  }

  @Test(
    "A threshold has the best F1",
    arguments: [
      ([0.9, 0.8, 0.3, 0.2], [true, true, false, false], Float(0.55)),
      // One more is worth a wrong one.
      ([0.9, 0.4, 0.35, 0.1], [true, false, true, false], 0.225),
      // No row has it.
      ([0.9, 0.1], [false, false], 0.5),
      // All rows have it.
      ([0.9, 0.8], [true, true], 0.4),
      // Equal probabilities cannot be told apart.
      ([0.6, 0.6], [true, false], 0.3),
    ] as [([Float], [Bool], Float)])
  func thresholds(probabilities: [Float], holds: [Bool], expected: Float) {
    let rows = zip(probabilities, holds).map { (probability: $0, holds: $1) }
    #expect(abs(LabelThresholds.best(rows) - expected) < 1e-6)
    #expect(abs(LabelThresholds.best(rows.reversed()) - expected) < 1e-6)
  }

  @Test func aThresholdBetweenNeighboursIsReached() {
    let high = Float(0.5)
    let rows = [(probability: high, holds: true), (probability: high.nextDown, holds: false)]
    let threshold = LabelThresholds.best(rows)
    #expect(high >= threshold && high.nextDown < threshold)
  }

  @Test func theMostFrequentSetIsTheBaseline() throws {
    let rows = [[0], [0, 1], [0, 1], [], [2]].map {
      Example(values: ["a"], label: $0.first ?? 0, labels: $0)
    }
    let score = MajorityBaseline.score(rows, try task(labels: 3))
    // {0, 1} for each: 5 right of 10 answers, 1 missed.
    #expect(abs(score.figures[0].value - 10.0 / 16) < 1e-12)
  }

  @Test func numbers() throws {
    let task = try TaskDefinition(
      name: "price", fields: ["text"], template: "{text}", segments: ["{text}"], labels: [],
      isScale: true, metric: .mse, inputLength: 16, split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: ["text"]))
    let truths = [100.0, 300, 200, 400]
    let rows = truths.map { Example(values: ["a"], label: 0, score: $0) }
    let kind = HeadKind.number(NumberScale(offset: 200, scale: 100))
    let scores = [
      Matrix(rows: 3, columns: 1, values: [-1, 1, 0.5]), Matrix(rows: 1, columns: 1, values: [1]),
    ]
    let detail = EvaluationDetail(scores: scores, examples: rows, task: task, kind: kind)
    // Answers 100, 300, 250, 300.
    #expect(detail.evaluation.score.figures == [.init("MSE", (2500 + 10_000) / 4)])
    #expect(abs(detail.evaluation.loss - 1.25 / 4) < 1e-12)
    #expect(detail.evaluation.predictedClasses == 3)
    #expect(detail.evaluation.score.description == "MSE 3125")
    #expect(detail.mistakes.map(\.answer) == ["300", "250", "100", "300"])
    #expect(detail.classes.isEmpty && detail.confusion.isEmpty)
    // A smaller error is better.
    let worse = Evaluation(
      score: MetricScore([.init("MSE", 4000)]), loss: 0, predictedClasses: 2)
    #expect(detail.evaluation.isBetter(than: worse) && !worse.isBetter(than: detail.evaluation))
    // The baseline answers the mean: the error is the variance.
    #expect(MajorityBaseline.score(rows, task).figures == [.init("MSE", 12_500)])
  }
}
