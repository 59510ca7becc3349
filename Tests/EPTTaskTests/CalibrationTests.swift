import EPTCompute
import EPTFormat
import EPTModel
import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("Temperatures and the expected calibration error")
struct CalibrationTests {
  private func task(classes: Int) throws -> TaskDefinition {
    try TaskDefinition(
      name: "t", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: (0..<classes).map { .init("label\($0)") }, metric: .accuracy, inputLength: 8,
      split: .stratifiedTenths(seed: 1), source: DataSource(folders: [], columns: ["text"]))
  }

  @Test("As SciPy and the definition have them")
  func goldens() throws {
    let text = try String(
      contentsOfFile: TestPaths.fixture("task/calibration.json"), encoding: .utf8)
    let cases = try #require(JSON(parsing: text).array)
    #expect(cases.count == 4)
    for golden in cases {
      let classes = try #require(golden["classes"]?.integer)
      let values = try numbers(golden["scores"]).map { Float($0) }
      let examples = try integers(golden["labels"]).map { Example(values: [""], label: $0) }
      // Batches of unequal size, as a data set's last one is.
      let first = 7 * classes
      let scores = [
        Matrix(rows: 7, columns: classes, values: Array(values[..<first])),
        Matrix(rows: examples.count - 7, columns: classes, values: Array(values[first...])),
      ]
      let expected = try #require(golden["temperature"]?.number)
      let temperature = TemperatureScaling(scores, examples).fitted
      #expect(abs(temperature - expected) < 1e-5 * expected)
      for (divisor, name) in [(1, "error"), (expected, "calibrated_error")] {
        let detail = EvaluationDetail(
          scores: scores, examples: examples, task: try task(classes: classes),
          temperature: divisor)
        let error = try #require(golden[name]?.number)
        #expect(abs((detail.calibrationError ?? 1) - error) < 1e-6, "\(name)")
      }
      let plain = Evaluation(scores: scores, examples: examples, task: try task(classes: classes))
      let scaled = Evaluation(
        scores: scores, examples: examples, task: try task(classes: classes),
        temperature: temperature)
      #expect(scaled.loss < plain.loss && scaled.score == plain.score)
      #expect(TemperatureScaling(scores, examples).lowersLoss)
    }
  }

  /// Two bins by hand: 0.9 and 0.9 with one right are 0.8 apart in sum, 0.6 that is right 0.4.
  @Test func errorByHand() {
    let error = CalibrationError.expected([0.9, 0.9, 0.6], right: [true, false, true])
    #expect(abs(error - (0.8 + 0.4) / 3) < 1e-12)
    #expect(CalibrationError.expected([], right: []) == 0)
    #expect(CalibrationError.expected([1, 0], right: [true, false]) == 0)
    // An edge belongs to the bin below it: 0.2 = 3/15 and 0.19 share a bin, 0.21 has its own.
    let edge = CalibrationError.expected([0.2, 0.19, 0.21], right: [true, false, false])
    #expect(abs(edge - ((1 - 0.39) + 0.21) / 3) < 1e-12)
  }

  @Test("What no row can tell stays as it is")
  func degenerate() {
    #expect(TemperatureScaling([], []).fitted == 1)
    #expect(!TemperatureScaling([], []).lowersLoss)
    let one = [Example(values: [""], label: 0)]
    #expect(!TemperatureScaling([Matrix(rows: 1, columns: 2, values: [1, 0])], one).lowersLoss)
    // Equal scores have no temperature that changes anything.
    let flat = Matrix(rows: 4, columns: 2, values: [Float](repeating: 3, count: 8))
    let rows = [0, 1, 0, 1].map { Example(values: [""], label: $0) }
    #expect(!TemperatureScaling([flat], rows).lowersLoss)
    #expect(TemperatureScaling.range.contains(TemperatureScaling([flat], rows).fitted))
    // All right, and all wrong: as far as the range goes.
    let sure = Matrix(rows: 2, columns: 2, values: [1, 0, 0, 1])
    #expect(abs(TemperatureScaling([sure], Array(rows.prefix(2))).fitted - 0.1) < 1e-9)
    #expect(abs(TemperatureScaling([sure], [rows[1], rows[0]]).fitted - 10) < 1e-9)
    // A label that the task does not know, and scores that are no numbers, are left out.
    let odd = Matrix(rows: 2, columns: 2, values: [.nan, 0, 0, 1])
    #expect(TemperatureScaling([odd], [rows[0], Example(values: [""], label: 5)]).fitted == 1)
  }
}
