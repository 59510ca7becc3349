import EPTCompute
import EPTFormat
import EPTModel
import EPTTask
import EPTTestSupport
import Foundation
import FoundationXML
import Testing

@testable import EPTReport

struct ReportTests {
  /// A bundle of two subspaces whose gate prefers one at each token, with five evaluations.
  static func bundle(
    promptLength: Int = 3, subspaces: Int = 2, evaluations: Int = 5, name: String = "sst2"
  ) throws -> TaskBundle {
    let shape = PromptShape(
      promptLength: promptLength, inputLength: 6, hiddenSize: 4, rank: 1, subspaces: subspaces,
      subspaceWidth: 1)
    var prompt = EPTPrompt(shape: shape)
    prompt[.shortPrompt].values = (0..<4 * promptLength).map { Float($0 % 12) / 4 - 1 }
    prompt[.gate].values = prompt[.gate].values.indices.map { Float($0 % 3) - 1 }
    let points = (0..<evaluations).map { index in
      TrainingHistory.Point(
        step: index * 100, trainingLoss: index == 0 ? nil : 0.9 - 0.1 * Double(index % 9),
        validationLoss: 0.7 - 0.05 * Double(index % 9),
        score: MetricScore([.init("accuracy", 0.5 + 0.05 * Double(index % 9))]), learningRate: 0.01)
    }
    let score = MetricScore([.init("accuracy", 0.78)])
    let majority = MetricScore([.init("accuracy", 0.51)])
    return TaskBundle(
      task: try TaskDefinition(
        name: name, fields: ["text"], template: "{text}", segments: ["{text}"],
        labels: [.init("no <b>"), .init("yes & \"more\"")], metric: .accuracy, inputLength: 6,
        split: .halvedDev(seed: 1), source: DataSource(folders: [], columns: ["text"])),
      backbone: BackboneIdentity(
        architecture: "t5", name: "tiny", hiddenSize: 4,
        fingerprint: String(repeating: "a", count: 64)),
      training: TrainingRecord(
        settings: ["seed": 42, "prompt_rate": 0.3, "method": "ept"], steps: 400, bestStep: 400,
        isInterrupted: false, validation: score, validationMajority: majority, test: score,
        testMajority: majority, history: TrainingHistory(points)),
      prompt: prompt, readout: .labelWords([[1], [2]]))
  }

  private static func confusion() -> ConfusionMatrix {
    let scores = [
      Matrix(rows: 2, columns: 2, values: [1, 0, 0, 1]),
      Matrix(rows: 1, columns: 2, values: [2, 2]),
    ]
    let examples = [0, 1, 1].map { Example(values: [""], label: $0) }
    return ConfusionMatrix(scores: scores, examples: examples, classes: 2)
  }

  @Test("of equal scores the first class counts, as in an evaluation")
  func confusionCounts() {
    let matrix = Self.confusion()
    #expect(matrix.counts == [[1, 0], [1, 1]])
    #expect(matrix.total == 3)
  }

  @Test("the page is well-formed, escaped, and refers to no other file")
  func page() throws {
    let html = Report(try Self.bundle(name: "a<&>b"), confusion: .success(Self.confusion())).html()
    #expect(html.contains("a&lt;&amp;&gt;b") && !html.contains("a<&>b"))
    #expect(html.contains("no &lt;b&gt;"))
    for word in ["http", "src=", "@import", "href", "<script", "<link"] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("prefers-color-scheme: dark"))
    // Every part is there: two charts, the gate's scale and its two maps, the confusion matrix.
    #expect(html.components(separatedBy: "<svg ").count - 1 == 6)
    #expect(html.contains("prompt_rate") && html.contains("majority 51.00"))
    // XML wants closed elements; HTML's void ones are the only difference of this page.
    let xml = html.replacing("<!DOCTYPE html>\n", with: "")
      .replacing(/<meta ([^>]*)>/) { "<meta \($0.output.1)/>" }
    #expect(XMLParser(data: Data(xml.utf8)).parse())
  }

  @Test("the gate is drawn as it was and as it is, one cell a token and subspace")
  func gate() throws {
    let bundle = try Self.bundle()
    let html = GateMaps(bundle).html
    let gate = bundle.prompt.gateWeights()
    #expect(gate.rows == 3 && gate.columns == 2)
    for token in 0..<3 {
      #expect(abs(gate.values[token * 2] + gate.values[token * 2 + 1] - 1) < 1e-6)
      for subspace in 0..<2 {
        let title = "token \(token + 1), subspace \(subspace + 1): "
        #expect(html.contains(title + "0.5<"))
        #expect(html.contains(title + decimal(Double(gate.values[token * 2 + subspace]), 4)))
      }
    }
    #expect(GateMaps(try Self.bundle(subspaces: 0)).html.contains("no gate"))
    #expect(GateMaps(bundle.folded()).html.contains("folded"))
  }

  /// Five rows, of which two are answered wrongly, one of them with confidence.
  private static func detail(_ task: TaskDefinition) -> EvaluationDetail {
    let scores = [
      Matrix(rows: 5, columns: 2, values: [3, 0, 0, 3, 0.5, 0, 0, 9, 0, 4])
    ]
    let labels = [0, 1, 1, 0, 1]
    return EvaluationDetail(
      scores: scores,
      examples: labels.enumerated().map { Example(values: ["text <\($0)>"], label: $1) }, task: task
    )
  }

  @Test("answers first, training next, gates last; classes, reliability and errors are there")
  func order() throws {
    let bundle = try Self.bundle()
    let html = Report(
      bundle, confusion: .success(Self.confusion()), detail: Self.detail(bundle.task),
      circumstances: "made <here>"
    ).html()
    let titles = html.matches(of: /<h2>(.*?)<\/h2>/).map { String($0.output.1) }
    #expect(
      titles == [
        "Confusion on the test rows", "By class", "Worst errors", "Reliability",
        "Validation metric", "Loss", "Parameter budget", "Settings", "Gate",
      ])
    #expect(html.contains("5 test rows; 95 % interval: accuracy"))
    #expect(html.contains("made &lt;here&gt;"))
    // Of class 0 one of two rows is found, of class 1 two of three: recall 50 and 66.67.
    #expect(html.contains("<td class=\"n\">50.00</td>") && html.contains("66.67"))
    // The confident mistake comes first.
    let worst = try #require(html.range(of: "text &lt;3&gt;"))
    let other = try #require(html.range(of: "text &lt;2&gt;"))
    #expect(worst.lowerBound < other.lowerBound && !html.contains("text &lt;0&gt;"))
    #expect(html.contains("2 of 2 wrong answers"))
    let xml = html.replacing("<!DOCTYPE html>\n", with: "")
      .replacing(/<meta ([^>]*)>/) { "<meta \($0.output.1)/>" }
    #expect(XMLParser(data: Data(xml.utf8)).parse())
  }

  @Test("The bars of the reliability diagram are the shares of right answers")
  func reliability() throws {
    let detail = Self.detail(try Self.bundle().task)
    #expect(detail.reliability.map(\.count).reduce(0, +) == 5)
    #expect(detail.reliability.map(\.right).reduce(0, +) == 3)
    let html = try #require(ReliabilityDiagram(detail)).html
    // Probabilities: 0.953 twice, 0.622, 0.9999, 0.982; 0.933 to 1 is the last bin.
    #expect(html.components(separatedBy: "<rect ").count - 1 == 2)
    #expect(html.contains("4 answers") && html.contains("75.00 % right"))
    #expect(html.contains("1 answer,") && html.contains("0.00 % right"))
  }

  @Test("The metric's axis fits the curve, though the majority is far below")
  func axis() {
    let series = [
      LineChart.Series(name: "accuracy", colour: 1, points: [(x: 0, y: 88), (x: 100, y: 91)])
    ]
    let far = LineChart(label: "m", series: series, level: ("majority", 50)).svg
    #expect(far.contains("majority 50, below the axis") && !far.contains("class=\"dashed\""))
    #expect(!far.contains(">50</text>"))
    let near = LineChart(label: "m", series: series, level: ("majority", 89)).svg
    #expect(near.contains("class=\"dashed\"") && !near.contains("the axis"))
  }

  @Test("A setting without a value is not shown as null")
  func settings() throws {
    var bundle = try Self.bundle()
    bundle.training.settings = ["steps": .null, "seed": 42]
    let html = SettingsTables(bundle).html
    #expect(!html.contains("null") && html.contains("not set"))
  }

  @Test("what is missing is said")
  func gaps() throws {
    let html = Report(
      try Self.bundle().folded(), confusion: .failure(ReportGap("no <data>"))
    ).html()
    #expect(html.contains("no &lt;data&gt;"))
    #expect(html.contains("keeps no history"))
  }

  @Test("the log's steps: last written counts, other seeds and an unfinished line do not")
  func log() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/run.jsonl"
      let lines = """
        {"event":"plan","seed":1}
        {"event":"step","seed":1,"step":2,"loss":0.5}
        {"event":"step","seed":1,"step":1,"loss":0.75}
        {"event":"step","seed":2,"step":3,"loss":0.1}
        {"event":"step","seed":1,"step":2,"loss":0.25}
        {"event":"st
        """
      try lines.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(
        try RunLog.stepLosses(path: path, seed: 1)
          == [StepLoss(step: 1, loss: 0.75), StepLoss(step: 2, loss: 0.25)])
      try ("{\n" + lines).write(toFile: path, atomically: true, encoding: .utf8)
      #expect {
        try RunLog.stepLosses(path: path, seed: 1)
      } throws: { "\($0)".contains("line 1") }
    }
  }

  @Test func numbers() {
    #expect(decimal(0.25) == "0.25")
    #expect(decimal(-3) == "−3")
    #expect(decimal(1234.5, 2) == "1234.5")
    #expect(decimal(76_800, 0) == "76\u{2009}800")
    #expect(decimal(-0.0004, 3) == "-0.0004")
    #expect(decimal(.infinity) == "inf")
    #expect(grouped(-1_234_567) == "−1\u{2009}234\u{2009}567")
    #expect(escaped("<a href=\"x\">\u{1}&") == "&lt;a href=&quot;x&quot;&gt; &amp;")
  }

  @Test func ticks() {
    #expect(LineChart.ticks(0, 400, about: 5) == [0, 100, 200, 300, 400])
    #expect(LineChart.ticks(0.41, 0.69, about: 5).first == 0.4)
    #expect(LineChart.ticks(5, 5, about: 5) == [4.5, 5, 5.5])
    #expect(LineChart.ticks(.nan, .infinity, about: 5).count == 3)
  }

  @Test("A page about a long prompt and a long run stays small, and says what it leaves out")
  func longRun() throws {
    let bundle = try Self.bundle(promptLength: 20_000, subspaces: 400, evaluations: 20_000)
    let html = Report(bundle, confusion: .failure(ReportGap("no data"))).html()
    #expect(html.utf8.count < 4_000_000)
    #expect(html.contains("the mean of 200 prompt tokens"))
    #expect(html.contains("The last 368 subspaces are left out."))
    #expect(html.contains("400 of 20\u{2009}000 evaluations"))
    // The last evaluation is there.
    #expect(html.contains("1\u{2009}999\u{2009}900"))
  }

  @Test("A page about many labels stays small, whatever was confused")
  func manyLabels() {
    // Every class is taken for every class once: more cells than a page has room for.
    let classes = 200
    var scores = Matrix(rows: classes * classes, columns: classes)
    for row in 0..<scores.rows { scores.values[row * classes + row % classes] = 1 }
    let examples = (0..<scores.rows).map { Example(values: [""], label: $0 / classes) }
    let matrix = ConfusionMatrix(scores: [scores], examples: examples, classes: classes)
    let labels = (0..<classes).map { "label \($0) " + String(repeating: "x", count: 500) }
    let html = ConfusionMap(matrix, labels: labels).html
    #expect(html.utf8.count < 5_000_000 && html.contains("smallest cells are left out"))
  }
}
