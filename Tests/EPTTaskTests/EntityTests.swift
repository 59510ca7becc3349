import EPTCompute
import EPTFormat
import EPTModel
import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("Entities are counted as seqeval counts them")
struct EntityTests {
  /// The sequences of fixtures/reference/make_entities.py.
  private struct Sequences {
    static let tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-a-b", "I-a-b"]

    private var state: UInt32 = 42
    private(set) var truths: [[Int]] = []
    private(set) var answers: [[Int]] = []

    private mutating func below(_ bound: Int) -> Int {
      state = 1_664_525 &* state &+ 1_013_904_223
      return Int(state >> 16) % bound
    }

    init() {
      for _ in 0..<1000 {
        let count = 1 + below(20)
        var truth: [Int] = []
        for _ in 0..<count { truth.append(below(Self.tags.count)) }
        var answer: [Int] = []
        for tag in truth { answer.append(below(4) == 0 ? below(Self.tags.count) : tag) }
        truths.append(truth)
        answers.append(answer)
      }
    }
  }

  static func task(_ tags: [String] = Sequences.tags) throws -> TaskDefinition {
    try TaskDefinition(
      name: "ner", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: tags.map { TaskDefinition.Label($0) }, labelForm: .tags, metric: .entityF1,
      inputLength: 20, split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: ["tokens"], label: "tags", records: .words))
  }

  /// Scores that answer `tags`, of `count` tags.
  private func scores(_ tags: [Int], of count: Int) -> Matrix {
    Matrix(
      rows: tags.count, columns: count,
      values: tags.flatMap { tag in (0..<count).map { $0 == tag ? Float(2) : 0 } })
  }

  private func entities(_ tags: [String]) throws -> [String] {
    Entity.all(in: try tags.map { try #require(Tag($0)) })
      .map { "\($0.type) \($0.words.lowerBound)-\($0.words.upperBound)" }
  }

  @Test func thousandRandomSequences() throws {
    let path = TestPaths.fixture("task/entities.json")
    let golden = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
    let (task, all) = (try Self.task(), Sequences())
    let f1 = try #require(golden["f1"]?.array).compactMap(\.number)
    try #require(f1.count == 1000)
    for index in f1.indices {
      let score = TagAnswers.score([all.answers[index]], [all.truths[index]], task.labels)
      #expect(abs(score.figures[0].value - f1[index]) < 1e-12, "\(index)")
    }
    let examples = all.truths.map {
      Example(values: $0.map { "\($0)" }, label: 0, labels: $0)
    }
    let detail = EvaluationDetail(
      scores: all.answers.map { scores($0, of: 7) }, examples: examples, task: task, kind: .tags)
    let total = try #require(golden["all"]?.array).compactMap(\.number)
    #expect(abs(detail.evaluation.score.figures[0].value - total[2]) < 1e-12)
    #expect(detail.classes.map(\.label) == ["LOC", "PER", "a-b"])
    for figure in detail.classes {
      let expected = try #require(golden["types"]?[figure.label]?.array).compactMap(\.number)
      for (mine, theirs) in zip([figure.precision, figure.recall, figure.f1], expected) {
        #expect(abs(mine - theirs) < 1e-12)
      }
      #expect(Double(figure.support) == expected[3])
    }
  }

  @Test("An entity begins at B-, and at I- where none of its type is open")
  func borders() throws {
    #expect(try entities(["I-A", "I-A", "O", "B-A", "B-A"]) == ["A 0-2", "A 3-4", "A 4-5"])
    #expect(try entities(["B-A", "I-B", "I-B", "I-A"]) == ["A 0-1", "B 1-3", "A 3-4"])
    #expect(try entities(["O", "O"]).isEmpty && entities([]).isEmpty)
    // Types are bytes: é is one scalar or two.
    #expect(try entities(["B-\u{E9}", "I-e\u{301}"]).count == 2)
    for name in ["", "B", "B-", "I-", "S-PER", "E-PER", "o", "BPER", "B_PER", "O-PER"] {
      #expect(Tag(name) == nil, "\(name)")
    }
  }

  @Test("Words that were not read are outside, tags that the task does not know are missed")
  func cutAndUnknown() throws {
    let task = try Self.task(["O", "B-A", "I-A"])
    let examples = [
      Example(values: ["a", "b", "c"], label: 1, labels: [1, 2, 1]),
      Example(values: ["d"], label: 0, labels: [3]),
    ]
    let detail = EvaluationDetail(
      scores: [scores([1, 2], of: 3), scores([0], of: 3)], examples: examples, task: task,
      kind: .tags, unknown: ["B-X"])
    // One of three found, nothing wrong.
    #expect(detail.evaluation.score.figures[0].value == 0.5)
    #expect(detail.classes.map(\.label) == ["A", "X"] && detail.classes.map(\.support) == [2, 1])
    #expect(detail.mistakes.count == 2 && detail.mistakes[0].texts == ["a b c"])
    #expect(detail.mistakes[0].truth == "A: a b; A: c" && detail.mistakes[0].answer == "A: a b")
    #expect(detail.evaluation.loss.isFinite && detail.intervals.count == 1)
    #expect(MajorityBaseline.score(examples, task).figures[0].name == "entity F1")
  }

  @Test func theDefinitionSurvivesAndContradictionsAreRefused() throws {
    let task = try Self.task()
    #expect(try TaskDefinition(task.json) == task)
    #expect(try task.labelled(.digits) == task)
    #expect(try task.reading(text: ["words"], label: "ner").source.records == .words)
    for tags in [["B-A", "O"], ["O", "S-A"], ["O"]] {
      #expect(throws: TaskError.self) { try Self.task(tags) }
    }
    #expect(throws: TaskError.self) {
      try TaskDefinition(
        name: "ner", fields: ["text"], template: "{text}", segments: ["{text}"],
        labels: ["O", "B-A"].map { TaskDefinition.Label($0) }, metric: .entityF1, inputLength: 20,
        split: .stratifiedTenths(seed: 42), source: DataSource(folders: [], columns: ["tokens"]))
    }
  }
}
