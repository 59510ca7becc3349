import EPTCompute
import EPTFormat
import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("Metrics equal scikit-learn's and SciPy's")
struct MetricTests {
  @Test func classification() throws {
    let cases = try #require(try goldens("metrics").array)
    #expect(cases.count > 8)
    for golden in cases {
      let predicted = try integers(golden["predicted"])
      let actual = try integers(golden["actual"])
      func close(_ value: Double, _ key: String) throws {
        let expected = try #require(golden[key]?.number)
        #expect(abs(value - expected) < 1e-12, "\(key) of \(predicted) against \(actual)")
      }
      try close(Statistics.accuracy(predicted, actual), "accuracy")
      try close(Statistics.macroF1(predicted, actual), "macro_f1")
      try close(Statistics.matthews(predicted, actual), "matthews")
      if golden["f1"] != .null {
        try close(Statistics.f1(predicted, actual, positive: 1), "f1")
      }
    }
  }

  @Test func correlation() throws {
    for golden in try #require(try goldens("correlations").array) {
      let x = try numbers(golden["x"])
      let y = try numbers(golden["y"])
      let pearson = try #require(golden["pearson"]?.number)
      let spearman = try #require(golden["spearman"]?.number)
      #expect(abs(Statistics.pearson(x, y) - pearson) < 1e-12)
      #expect(abs(Statistics.spearman(x, y) - spearman) < 1e-12)
    }
  }

  private static func cases(_ key: String) throws -> [JSON] {
    let path = TestPaths.fixture("task/metrics.json")
    return try #require(
      try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))[key]?.array)
  }

  @Test("random and degenerate classes, make_metrics.py")
  func moreClasses() throws {
    let cases = try Self.cases("classes")
    #expect(cases.count > 70)
    for golden in cases {
      func digits(_ key: String) throws -> [Int] {
        try #require(golden[key]?.string).map { try #require($0.wholeNumberValue) }
      }
      let (predicted, actual) = (try digits("predicted"), try digits("actual"))
      try checkSingleClasses(golden, predicted, actual)
      for (key, value) in [
        ("accuracy", Statistics.accuracy(predicted, actual)),
        ("macro_f1", Statistics.macroF1(predicted, actual)),
        ("matthews", Statistics.matthews(predicted, actual)),
        ("f1", Statistics.f1(predicted, actual, positive: 1)),
      ] {
        let expected = try #require(golden[key]?.number)
        #expect(abs(value - expected) < 1e-12, "\(key) of \(golden.serialized().prefix(200))")
      }
    }
  }

  /// Precision, recall, F1 and rows of each class.
  private func checkSingleClasses(_ golden: JSON, _ predicted: [Int], _ actual: [Int]) throws {
    let expected = try #require(golden["precision_recall_f1_support"]?.array)
    guard !expected.isEmpty else { return }
    let counts = ClassCounts(predicted, actual)
    for (place, figure) in [counts.precision, counts.recall, counts.f1].enumerated() {
      for (label, value) in try numbers(expected[place]).enumerated() {
        #expect(abs(figure(label) - value) < 1e-12)
      }
    }
    for (label, rows) in try integers(expected[3]).enumerated() {
      #expect(counts.support(label) == rows)
    }
  }

  @Test("random and degenerate correlations, make_metrics.py")
  func moreCorrelations() throws {
    let cases = try Self.cases("correlations")
    #expect(cases.count > 50)
    for golden in cases {
      let (x, y) = (try numbers(golden["x"]), try numbers(golden["y"]))
      let pearson = try #require(golden["pearson"]?.number)
      let spearman = try #require(golden["spearman"]?.number)
      // Far from 0 the numbers themselves have lost digits.
      #expect(abs(Statistics.pearson(x, y) - pearson) < 1e-9, "\(x.prefix(9)) \(y.prefix(9))")
      #expect(abs(Statistics.spearman(x, y) - spearman) < 1e-12, "\(x.prefix(9)) \(y.prefix(9))")
    }
  }

  @Test func noRowsAtAll() {
    #expect(Statistics.accuracy([], []) == 0)
    #expect(Statistics.f1([], [], positive: 1) == 0)
    #expect(Statistics.macroF1([], []) == 0)
    #expect(Statistics.matthews([], []) == 0)
    #expect(Statistics.pearson([], []) == 0)
    #expect(Statistics.spearman([], []) == 0)
  }

  @Test func figuresOfEachMetric() throws {
    let predicted = [1, 1, 0, 0]
    let examples = [1, 0, 0, 1].map { Example(values: [""], label: $0) }
    let two = try TaskCatalogue.task(named: "mrpc")
    #expect(
      Metric.f1Accuracy.score(predicted, examples, two).description == "F1 50.00 accuracy 50.00")
    let cola = try TaskCatalogue.task(named: "cola")
    #expect(Metric.matthews.score(predicted, examples, cola).description == "Matthews 0.00")
    let cb = try TaskCatalogue.task(named: "cb")
    #expect(
      Metric.macroF1.score(predicted, examples, cb).description == "macro F1 50.00 accuracy 50.00")
    #expect(Metric.f1Accuracy.score([1, 0, 0, 1], examples, two).selection == 1)
    #expect(Metric.accuracy.score([], [], two).selection == 0)
  }

  @Test func scalesUseTheUnroundedScore() throws {
    let task = try TaskCatalogue.task(named: "stsb")
    let examples = [0.0, 2.55, 5.0].map {
      Example(values: ["", ""], label: 0, score: $0)
    }
    // Classes 0, 13, 25 are the words 0.0, 2.6, 5.0.
    let score = task.metric.score([0, 13, 25], examples, task)
    #expect(score.figures.map(\.name) == ["Pearson", "Spearman"])
    #expect(score.figures[0].value > 0.999 && score.figures[0].value < 1)
    #expect(abs(score.figures[1].value - 1) < 1e-12)
  }

  @Test func percentages() {
    #expect(MetricScore.percent(0.5) == "50.00")
    #expect(MetricScore.percent(-0.0123) == "-1.23")
    #expect(MetricScore.percent(1) == "100.00")
    #expect(MetricScore.percent(.infinity) == "100.00")
    #expect(MetricScore.percent(.nan) == "0.00")
    #expect(MetricScore.percent(0.000_449) == "0.04")
  }

  @Test func majority() throws {
    let task = try TaskCatalogue.task(named: "sst2")
    let examples = [1, 0, 1, 1].map { Example(values: [""], label: $0) }
    #expect(MajorityBaseline.label(of: examples, classes: 2) == 1)
    #expect(MajorityBaseline.score(examples, task).selection == 0.75)
    let even = [1, 0].map { Example(values: [""], label: $0) }
    #expect(MajorityBaseline.label(of: even, classes: 3) == 0)
  }
}
