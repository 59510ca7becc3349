import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import Testing

@testable import EPTCompute
@testable import EPTTrain

@Suite("A head that is solved, against scikit-learn's logistic regression")
struct LogisticRegressionTests {
  /// The same numbers as `features` in fixtures/reference/make_logistic.py.
  private static func features(_ key: Int, rows: Int, columns: Int) -> Matrix {
    var random = RandomNumbers(.initialisation, 77, UInt64(key))
    let numbers = random.gaussians(rows * columns)
    return Matrix(
      rows: rows, columns: columns,
      values: numbers.enumerated().map { index, number in
        let place = index % columns
        return Float(place % 5) + Float(1 << (place % 3)) * 0.25 * number
      })
  }

  private static func digits(_ json: JSON?) throws -> [Int] {
    try #require(json?.string).map { try #require($0.wholeNumberValue) }
  }

  /// The class of the largest logit; of equal ones the first.
  private static func answers(_ scores: Matrix) -> [Int] {
    (0..<scores.rows).map { row in
      let values = scores.values[row * scores.columns..<(row + 1) * scores.columns]
      return (values.firstIndex(of: values.max() ?? 0) ?? 0) - row * scores.columns
    }
  }

  private static var products: [DenseProduct] {
    [.own] + (OpenBLAS.shared.map { [.openBLAS($0)] } ?? [])
  }

  @Test(
    "Objective within 1e-5, 99.5 % of answers equal, with and without OpenBLAS, on 1 and 2 threads")
  func goldens() throws {
    let text = try String(contentsOfFile: TestPaths.fixture("task/logistic.json"), encoding: .utf8)
    let cases = try #require(JSON(parsing: text).array)
    #expect(cases.count == 6)
    for golden in cases {
      let name = golden["name"]?.string ?? ""
      let (key, classes) = try (
        #require(golden["key"]?.integer), #require(golden["classes"]?.integer)
      )
      let (rows, columns) = try (
        #require(golden["rows"]?.integer), #require(golden["columns"]?.integer)
      )
      let labels = try Self.digits(golden["labels"])
      let weights = try #require(golden["class_weights"]?.array).map { Float($0.number ?? 0) }
      if golden["balanced"] == true {
        let examples = labels.map { Example(values: [""], label: $0) }
        let mine = try ClassWeights.balanced.values(of: examples, classes: classes)
        for (a, b) in zip(mine, weights) { #expect(abs(a - b) < 1e-6 * b, "\(name)") }
      }
      let test = Self.features(2 * key + 1, rows: 400, columns: columns)
      for (product, threads) in Self.products.flatMap({ [($0, 1), ($0, 2)] }) {
        let regression = LogisticRegression(
          Self.features(2 * key, rows: rows, columns: columns), labels: labels, classes: classes,
          weights: weights, product: product, threads: threads)
        var previous: LinearHead?
        for result in try #require(golden["results"]?.array) {
          let strength = try #require(result["strength"]?.number)
          let expected = try #require(result["objective"]?.number)
          let answers = try Self.digits(result["answers"])
          for start in [nil, previous] {
            let fit = try #require(regression.fit(strength: strength, from: start))
            #expect(fit.isConverged, "\(name), C = \(strength)")
            #expect(
              abs(fit.objective - expected) <= 1e-5 * expected,
              "\(name), C = \(strength): \(fit.objective), not \(expected)")
            // What the head says is what was minimised.
            let again = regression.objective(of: fit.head, strength: strength)
            #expect(abs(again - expected) <= 1e-5 * expected, "\(name), C = \(strength)")
            let equal = zip(Self.answers(fit.head.scores(test)), answers).count { $0 == $1 }
            #expect(Double(equal) >= 0.995 * 400, "\(name), C = \(strength): \(equal) of 400")
            previous = fit.head
          }
        }
      }
    }
  }

  @Test("The gradient is the objective's, by differences", arguments: [2, 3])
  func gradient(classes: Int) {
    let features = Self.features(50, rows: 40, columns: 4)
    let objective = LogisticObjective(
      features, labels: (0..<40).map { $0 * 7 % 5 % classes }, classes: classes,
      classWeights: [0.5, 2, 1.5], product: .own, threads: 1)
    objective.strength = 0.7
    var random = RandomNumbers(.initialisation, 3)
    let point = random.gaussians(objective.parameterCount).map(Double.init)
    var gradient = [Double](repeating: 0, count: point.count)
    var unused = gradient
    _ = objective.value(point, &gradient)
    for index in point.indices {
      // Weights are rounded to binary32, so the step is a large one.
      var (low, high) = (point, point)
      low[index] -= 1.0 / 64
      high[index] += 1.0 / 64
      let slope = (objective.value(high, &unused) - objective.value(low, &unused)) * 32
      #expect(abs(slope - gradient[index]) < 2e-3 * max(1, abs(slope)), "\(index)")
    }
  }

  @Test("A class without training rows is never the answer; one class alone always is")
  func absentClasses() throws {
    let features = Self.features(60, rows: 90, columns: 5)
    for present in [[0, 3], [1, 2, 3], [2]] {
      let labels = (0..<90).map { present[$0 % present.count] }
      let regression = LogisticRegression(features, labels: labels, classes: 4, threads: 1)
      for strength in [1e-4, 1e4] {
        let fit = try #require(regression.fit(strength: strength))
        let answers = Set(Self.answers(fit.head.scores(features)))
        #expect(answers.isSubset(of: present))
        #expect(fit.head.weight.rows == 4 && fit.loss.isFinite)
      }
    }
  }

  @Test("Rows that a line separates have a finite head at every strength")
  func separable() throws {
    let values: [Float] = (0..<200).map { $0 < 100 ? -1 - Float($0) / 50 : 1 + Float($0) / 50 }
    let labels = (0..<200).map { $0 < 100 ? 0 : 1 }
    let regression = LogisticRegression(
      Matrix(rows: 200, columns: 1, values: values), labels: labels, classes: 2, threads: 1)
    var head: LinearHead?
    var last = Double.infinity
    for strength in LogisticRegression.strengths {
      let fit = try #require(regression.fit(strength: strength, from: head))
      #expect(fit.isConverged && fit.head.weight.values.allSatisfy(\.isFinite))
      #expect(fit.loss < last)
      (last, head) = (fit.loss, fit.head)
    }
    #expect(LogisticRegression.strengths.count == 10)
    #expect(abs(LogisticRegression.strengths[9] - 1e4) < 1e-6)
  }

  @Test func stopsWhenAsked() {
    let regression = LogisticRegression(
      Self.features(70, rows: 50, columns: 3), labels: (0..<50).map { $0 % 2 }, classes: 2,
      threads: 1)
    #expect(regression.fit(strength: 1, shouldStop: { true }) == nil)
  }

  @Test("Without the library products are the project's own")
  func missingLibrary() {
    #expect(OpenBLAS(libraries: ["libno-such-library.so.0"]) == nil)
    // One that is there but is no OpenBLAS.
    #expect(OpenBLAS(libraries: ["libc.so.6"]) == nil)
  }
}
