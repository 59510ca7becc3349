import EPTFormat
import EPTSystem
import EPTTask
import Foundation
import Testing

@testable import EPTInfer

struct MixedStreamTests {
  private let fixture: StreamFixture
  private let paths: [String]

  init() throws {
    fixture = try StreamFixture()
    paths = [
      try fixture.bundle("sst2", seed: 1),
      try fixture.bundle("topic", labels: ["food", "film", "travel"], seed: 2, length: 11),
      try fixture.bundle("pair", fields: ["premise", "hypothesis"], seed: 3, inputLength: 40),
      try fixture.bundle("mood", fields: ["text"], labels: ["good", "bad"], seed: 4, length: 1),
    ]
  }

  @Test("Records of four tasks in random order answer as each task alone")
  func fourTasks() throws {
    let predictors = try paths.map { try fixture.predictor($0) }
    let texts = StreamFixture.texts(200, seed: 5)
    var random = RandomNumbers(.order, 6)
    let tasks = texts.map { _ in random.below(4) }
    let rows = zip(texts, tasks).map { text, task in predictors[task].task.fields.map { _ in text }
    }
    let input = zip(rows, tasks).enumerated().map { index, record -> String in
      let (row, task) = record
      var members = [JSONMember("id", .integer(index))]
      members += zip(predictors[task].task.fields, row).map { JSONMember($0, .string($1)) }
      members.append(JSONMember("task", .string(predictors[task].name)))
      return JSON.object(members).serialized() + "\n"
    }
    let run = try fixture.run(
      input.joined(), as: .jsonl, prompts: paths, style: .style(.jsonl))
    #expect(run.error == nil && run.counts?.records == 200)
    try #require(run.lines.count == 200)
    for (index, line) in run.lines.enumerated() {
      let json = try JSON(parsing: line)
      #expect(json["id"] == .integer(index))
      let predictor = predictors[tasks[index]]
      let answers = try #require(json["answers"]?.object)
      #expect(answers.map(\.key) == [predictor.name])
      let alone = try #require(
        Answer(scores: try predictor.scores([rows[index]]).values))
      let labels = predictor.task.labels.map(\.word)
      #expect(answers[0].value["label"] == .string(labels[alone.label]))
      let probabilities = try #require(answers[0].value["probabilities"]?.object)
      #expect(probabilities.map(\.key) == labels)
      for (member, expected) in zip(probabilities, alone.probabilities) {
        #expect(abs(try #require(member.value.number) - Double(expected)) < 1e-5)
      }
    }
  }

  @Test("Prompts with and without a temperature answer in one stream, each with its own")
  func temperatures() throws {
    let texts = StreamFixture.texts(20, seed: 9)
    let plain = try fixture.bundle("plain", seed: 11)
    let cooled = try fixture.bundle("cooled", seed: 11)
    var bundle = try TaskBundle(path: cooled)
    bundle.temperature = 3
    try bundle.write(to: cooled, replacing: true)
    let run = try fixture.run(
      texts.map { $0 + "\n" }.joined(), prompts: [plain, cooled], style: .style(.jsonl))
    let predictor = try fixture.predictor(cooled)
    #expect(predictor.temperature == 3)
    try #require(run.lines.count == texts.count)
    for (text, line) in zip(texts, run.lines) {
      let answers = try #require(JSON(parsing: line)["answers"])
      #expect(answers["plain"]?["label"] == answers["cooled"]?["label"])
      let scores = try predictor.scores([[text]]).values
      for (name, temperature) in [("plain", Float(1)), ("cooled", 3)] {
        let expected = try #require(
          Answer(scores: scores, temperature: temperature, rule: DecisionRule()))
        let probability = try #require(answers[name]?["probability"]?.number)
        #expect(abs(probability - Double(expected.probabilities[expected.label])) < 1e-5)
      }
    }
  }

  @Test("Without a task every prompt answers, in the order of its columns", arguments: [1, 3, 256])
  func everyPrompt(batch: Int) throws {
    let prompts = [paths[1], paths[0]]
    let texts = StreamFixture.texts(40, seed: 8)
    var settings = StreamSettings()
    settings.batch = batch
    settings.batchRows = 16 * batch
    let run = try fixture.run(
      texts.map { $0 + "\n" }.joined(), prompts: prompts, style: .style(.tsv), settings: settings)
    let predictors = try prompts.map { try fixture.predictor($0) }
    try #require(run.lines.count == texts.count)
    for (text, line) in zip(texts, run.lines) {
      let columns = line.split(separator: "\t")
      try #require(columns.count == 4)
      for (index, predictor) in predictors.enumerated() {
        let answer = try #require(Answer(scores: try predictor.scores([[text]]).values))
        #expect(columns[2 * index] == predictor.task.labels[answer.label].word)
        let probability = try #require(Double(columns[2 * index + 1]))
        #expect(abs(probability - Double(answer.probabilities[answer.label])) < 1e-5)
      }
    }
  }

  @Test("tsv has the same columns in every line, text the labels of those asked")
  func routedColumns() throws {
    let input = #"{"task":"topic","sentence":"a film"}"# + "\n" + #"{"sentence":"a film"}"# + "\n"
    let prompts = [paths[0], paths[1]]
    let tsv = try fixture.run(input, as: .jsonl, prompts: prompts, style: .style(.tsv))
    let columns = tsv.lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(columns.map(\.count) == [4, 4])
    #expect(columns[0][0] == "" && columns[0][1] == "" && columns[0][2] == columns[1][2])
    let text = try fixture.run(input, as: .jsonl, prompts: prompts)
    #expect(text.lines == [String(columns[1][2]), "\(columns[1][0])\t\(columns[1][2])"])
  }

  @Test("A prompt is called by its file; by its task where just one has it")
  func names() throws {
    let renamed = try fixture.bundle("mine", task: "theirs", seed: 9)
    let prompts = [paths[0], renamed]
    let input = ["mine", "theirs", "sst2"].map {
      #"{"task":"\#($0)","sentence":"a film"}"# + "\n"
    }
    let run = try fixture.run(
      input.joined(), as: .jsonl, prompts: prompts, style: .style(.jsonl))
    let names = try run.lines.map { try JSON(parsing: $0)["answers"]?.object?.map(\.key) }
    #expect(names == [["mine"], ["mine"], ["sst2"]])
    let second = try fixture.bundle("ours", task: "theirs", seed: 9)
    let ambiguous = try fixture.run(
      input[1], as: .jsonl, prompts: prompts + [second], style: .style(.jsonl))
    #expect(
      ambiguous.error as? InferError
        == .badRecord(
          input: try #require((ambiguous.error as? InferError)?.input), line: 1,
          fault: .unknownTask(name: "theirs", prompts: ["sst2", "mine", "ours"])))
  }

  @Test("Two bundles of one name, and a folder without any, are refused")
  func refusedSources() throws {
    #expect(throws: InferError.self) {
      try PromptSource(files: [paths[0]], folder: fixture.folder + "/tasks")
        .read()
    }
    #expect(throws: InferError.noPrompts(folder: fixture.folder)) {
      try PromptSource(files: [], folder: fixture.folder).read()
    }
    let all = try PromptSource(files: [], folder: fixture.folder + "/tasks")
      .read().prepared(on: fixture.backbone)
    #expect(all.prompts.map(\.name) == ["mood", "pair", "sst2", "topic"])
    #expect(all.isNested)
  }
}

extension InferError {
  /// The input that a bad record stands in.
  var input: String? {
    guard case .badRecord(let input, _, _) = self else { return nil }
    return input
  }

  /// Why a record is bad, and where.
  var badRecord: (line: Int, fault: RecordFault)? {
    guard case .badRecord(_, let line, let fault) = self else { return nil }
    return (line, fault)
  }
}
