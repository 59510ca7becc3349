import EPTFormat
import Testing

@testable import EPTTask

struct TaskDefinitionTests {
  @Test func inputsOfAPair() throws {
    let task = try TaskCatalogue.task(named: "qnli")
    let whole = task.input(["who ?", "me ."], hasDecoder: true)
    #expect(whole.first == "qnli question: who ? sentence: me .")
    #expect(whole.second == nil)
    let pair = task.input(["who ?", "me ."], hasDecoder: false)
    #expect(pair.first == "who ?")
    #expect(pair.second == "me .")
  }

  /// Field order and words of T5's mixture: alphabetical, save for WiC and MultiRC.
  @Test(arguments: [
    ("sst2", "sst2 sentence: a"), ("cola", "cola sentence: a"),
    ("mnli", "mnli hypothesis: b premise: a"), ("cb", "cb hypothesis: b premise: a"),
    ("boolq", "boolq passage: b question: a"), ("rte", "rte sentence1: a sentence2: b"),
    ("wic", "wic sentence1: a sentence2: b word: c"),
    ("multirc", "multirc question: a answer: b paragraph: c"), ("wsc", "wsc text: a"),
  ])
  func textToTextInput(name: String, expected: String) throws {
    let task = try TaskCatalogue.task(named: name)
    let values = Array(["a", "b", "c"].prefix(task.fields.count))
    #expect(task.input(values, hasDecoder: true).first == expected)
  }

  @Test func namesAreForgiving() throws {
    #expect(try TaskCatalogue.task(named: "SST-2").name == "sst2")
    #expect(try TaskCatalogue.task(named: "STS_B").name == "stsb")
  }

  @Test(arguments: [
    ("sts2", ["sst2"]), ("sst", ["sst2"]), ("bolq", ["boolq"]), ("xnli", ["mnli", "qnli"]),
    ("translation", []), ("", []),
  ])
  func unknownTask(name: String, nearest: [String]) {
    #expect {
      try TaskCatalogue.task(named: name)
    } throws: { error in
      guard case TaskError.unknownTask(_, let suggestions, let all) = error else { return false }
      return Set(suggestions).isSuperset(of: nearest) && nearest.isEmpty == suggestions.isEmpty
        && all.count == 13
    }
  }

  @Test(arguments: TaskCatalogue.names)
  func everyPresetSurvivesJSON(name: String) throws {
    let task = try TaskCatalogue.task(named: name)
    let text = task.json.serialized(indented: true)
    #expect(try TaskDefinition(JSON(parsing: text)) == task)
  }

  @Test(arguments: [
    "name", "fields", "template", "segments", "labels", "metric", "split", "source",
  ])
  func aMissingMemberIsNamed(key: String) throws {
    let json = try TaskCatalogue.task(named: "rte").json
    let members = try #require(json.object).filter { $0.key != key }
    #expect {
      try TaskDefinition(.object(members))
    } throws: { error in
      "\(error)".contains("\"\(key)\"")
    }
  }

  @Test func labelsByValueOrWord() throws {
    let task = try TaskCatalogue.task(named: "sst2")
    #expect(task.classIndex("1") == 1)
    #expect(task.classIndex("negative") == 0)
    #expect(task.classIndex("2") == nil)
  }

  @Test func templates() throws {
    let template = try Template("{{{a}}} and {b}{a}", fields: ["a", "b"], task: "t")
    #expect(template.rendered(["x", "{b}"]) == "{x} and {b}x")
    #expect(throws: TaskError.self) { try Template("{c}", fields: ["a"], task: "t") }
    #expect(throws: TaskError.self) { try Template("{a", fields: ["a"], task: "t") }
  }

  @Test func editDistance() {
    #expect(EditDistance.between("kitten", "sitting") == 3)
    #expect(EditDistance.between("", "abc") == 3)
    #expect(EditDistance.between("ab", "ba") == 1)
    #expect(EditDistance.between("same", "same") == 0)
  }

  @Test func contradictionsAreRefused() throws {
    func define(
      fields: [String] = ["text"], segments: [String] = ["{text}"],
      labels: [TaskDefinition.Label] = [.init("no"), .init("yes")], metric: Metric = .accuracy,
      columns: [String] = ["text"]
    ) throws -> TaskDefinition {
      try TaskDefinition(
        name: "mine", fields: fields, template: "{text}", segments: segments, labels: labels,
        metric: metric, inputLength: 64, split: .halvedDev(seed: 1),
        source: DataSource(folders: [], columns: columns))
    }
    #expect(try define().name == "mine")
    #expect(throws: TaskError.self) { try define(fields: []) }
    #expect(throws: TaskError.self) { try define(fields: ["text", "text"]) }
    #expect(throws: TaskError.self) { try define(segments: []) }
    #expect(throws: TaskError.self) { try define(labels: [.init("no")]) }
    #expect(throws: TaskError.self) { try define(labels: [.init("no"), .init("no", value: "1")]) }
    #expect(throws: TaskError.self) { try define(metric: .pearsonSpearman) }
    #expect(throws: TaskError.self) { try define(columns: ["a", "b"]) }
  }
}
