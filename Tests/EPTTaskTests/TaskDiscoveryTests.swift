import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("Tasks found in labelled files, and task files")
struct TaskDiscoveryTests {
  private func withFiles(
    _ files: [String: String], _ body: (String) throws -> Void
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      for (name, text) in files {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      try body(folder)
    }
  }

  private func discover(
    _ text: String, name: String = "mine.tsv", text columns: [String] = [], label: String? = nil
  ) throws -> TaskDefinition {
    var task: TaskDefinition?
    try withFiles([name: text]) { folder in
      task = try TaskDiscovery.definition(
        train: "\(folder)/\(name)", .init(textColumns: columns, labelColumn: label))
      // What was found must be readable by what was made of it.
      let rows = try Dataset.read("\(folder)/\(name)", #require(task))
      #expect(!rows.isEmpty)
    }
    return try #require(task)
  }

  @Test func aHeaderWithUsualNames() throws {
    let task = try discover("id\ttext\tlabel\n1\tfine\tgood\n2\tpoor\tbad\n3\tok\tgood\n")
    #expect(task.name == "mine")
    #expect(task.fields == ["text"])
    #expect(task.labels.map(\.word) == ["bad", "good"])
    #expect(task.template.source == "text: {text}")
    #expect(task.split == .stratifiedHalves(seed: 42))
    #expect(task.metric == .accuracy)
  }

  @Test func columnsByName() throws {
    let task = try discover(
      "body\ttopic\ttitle {x}\na\t10\tb\nc\t9\td\ne\t10\tf\n", text: ["title {x}", "body"],
      label: "topic")
    // Whole numbers in numeric order, names that no template can hold replaced.
    #expect(task.labels.map(\.word) == ["9", "10"])
    #expect(task.fields == ["text1", "text2"])
    #expect(task.source.columns == ["title {x}", "body"])
    #expect(task.segments.map(\.source) == ["{text1}", "{text2}"])
  }

  @Test func noHeader() throws {
    let task = try discover("fine\tgood\npoor\tbad\nok\tgood\n")
    #expect(task.source.columns == ["1"] && task.source.label == "2")
    #expect(task.fields == ["text"])
    let third = try discover("x\tfine\tgood\ny\tpoor\tbad\nz\tok\tgood\n", text: ["2"], label: "3")
    #expect(third.source.columns == ["2"])
    let others = try discover("good\ta\tb\nbad\tc\td\ngood\te\tf\n", label: "1")
    #expect(others.source.columns == ["2", "3"])
  }

  @Test func records() throws {
    let lines = #"{"body": "a", "spam": true}"# + "\n\n" + #"{"spam": false, "body": "b"}"# + "\n"
    let task = try discover(lines, name: "mail.jsonl", label: "spam")
    #expect(task.fields == ["body"])
    #expect(task.labels.map(\.word) == ["false", "true"])
    #expect(task.name == "mail")
  }

  @Test func threeTextsAreTwoSegments() throws {
    let task = try discover("a\tb\tc\tlabel\n1\t2\t3\tx\n4\t5\t6\ty\n", text: ["a", "b", "c"])
    #expect(task.segments.map(\.source) == ["{a}", "{b} {c}"])
  }

  @Test func namesAfterTheFile() {
    #expect(TaskDiscovery.name(after: "data/mood/train.tsv") == "mood")
    #expect(TaskDiscovery.name(after: "../train.jsonl") == "train")
    #expect(TaskDiscovery.name(after: "a/spam.v2.tsv") == "spam")
  }

  /// File content, line of the fault, words of the message.
  @Test(arguments: [
    ("text\tlabel\na\tx\nb\tx\n", 2, "every row has the label"),
    ("text\tlabel\na\tx\nb\t\n", 3, "empty label"),
    ("text\tlabel\na\t0.5\nb\t1\n", 2, "scale"),
    ("a\tb\tlabel\n1\t2\tx\n", 1, "which column is the text"),
    ("a\tb\tc\n1\t2\tx\n", 1, "3 columns"),
    ("one column\n", 1, "1 column"),
  ])
  func faults(text: String, line: Int, words: String) {
    #expect {
      try discover(text)
    } throws: { error in
      "\(error)".contains("/mine.tsv:\(line): ") && "\(error)".contains(words)
    }
  }

  @Test func tooManyClasses() {
    let rows = (0...1000).map { "text \($0)\tlabel \($0)\n" }.joined()
    #expect {
      try discover(rows)
    } throws: { "\($0)".contains(":1001: more than 1000") }
  }

  @Test func missingColumnsAreNamed() {
    for (text, label) in [(["body"], "label"), (["text"], "topic")] {
      #expect {
        try discover("text\tlabel\na\tx\n", text: text, label: label)
      } throws: { "\($0)".contains("mine.tsv:1: ") }
    }
    #expect {
      try discover(#"{"a": 1}"#, name: "x.jsonl")
    } throws: { "\($0)".contains("x.jsonl:1: ") }
  }

  @Test func aLabelThatIsInDevOnly() throws {
    let files = [
      "a.tsv": "text\tlabel\na\tx\nb\ty\n", "b.tsv": "text\tlabel\na\tx\nb\tz\n",
      "c.tsv": "sentence\tlabel\na\t0\nb\t0\n", "d.tsv": "sentence\tlabel\na\t0\nb\t1\n",
    ]
    try withFiles(files) { folder in
      let own = try TaskDiscovery.definition(train: "\(folder)/a.tsv")
      #expect {
        try Dataset(own, train: "\(folder)/a.tsv", dev: "\(folder)/b.tsv")
      } throws: { "\($0)".contains("b.tsv:3: ") && "\($0)".contains("\"z\"") }
      // A label that the task knows, but no training row has.
      let preset = try TaskCatalogue.task(named: "sst2")
      #expect {
        try Dataset(preset, train: "\(folder)/c.tsv", dev: "\(folder)/d.tsv")
      } throws: { "\($0)".contains("d.tsv:3: no row of") && "\($0)".contains("\"positive\"") }
      #expect(throws: TaskError.self) {
        try Dataset(
          own, train: "\(folder)/a.tsv", dev: "\(folder)/a.tsv", test: "\(folder)/b.tsv")
      }
      let three = try Dataset(
        own, train: "\(folder)/a.tsv", dev: "\(folder)/a.tsv", test: "\(folder)/a.tsv")
      #expect(three.validation == three.train && three.test == three.train)
    }
  }

  @Test func presetsReadOtherColumns() throws {
    let rte = try TaskCatalogue.task(named: "rte").reading(text: ["b", "a"], label: "c")
    try withFiles(["x.tsv": "a\tb\tc\n1\t2\tentailment\n"]) { folder in
      let rows = try Dataset.read("\(folder)/x.tsv", rte)
      #expect(rows == [Example(values: ["2", "1"], label: 0)])
    }
    #expect {
      try TaskCatalogue.task(named: "rte").reading(text: ["a"], label: nil)
    } throws: { "\($0)".contains("2 times") }
  }

  @Test func digits() throws {
    let rte = try TaskCatalogue.task(named: "rte").labelled(.digits)
    #expect(rte.labels.map(\.word) == ["0", "1"])
    #expect(rte.labels.map(\.value) == ["entailment", "not_entailment"])
    let scale = try TaskCatalogue.task(named: "stsb")
    #expect(try scale.labelled(.digits) == scale)
  }

  @Test(arguments: TaskCatalogue.names)
  func whatIsShownCanBeReadBack(name: String) throws {
    let task = try TaskCatalogue.task(named: name)
    try withFiles(["t.json": task.json.serialized(indented: true)]) { folder in
      let copy = try TaskFile.read("\(folder)/t.json")
      #expect(copy == task)
    }
  }

  @Test(arguments: [
    ("\"metric\"", "\"metrik\"", "t.json: unknown member \"metrik\"; did you mean metric?"),
    ("\"folders\"", "\"folder\"", "did you mean folders?"),
    ("\"accuracy\"", "\"acuracy\"", "t.json: its member \"metric\""),
    ("\"scale\": false", "\"scale\": false,,", "t.json:"),
    ("sentence1: {sentence1}", "sentence1: {sentence9}", "{sentence9}"),
  ])
  func slipsInATaskFile(old: String, new: String, words: String) throws {
    let text = try TaskCatalogue.task(named: "rte").json.serialized(indented: true)
    #expect(text.contains(old))
    try withFiles(["t.json": text.replacing(old, with: new)]) { folder in
      #expect {
        try TaskFile.read("\(folder)/t.json")
      } throws: { "\($0)".contains(words) && !"\($0)".contains("\n") }
    }
  }

  @Test func aFaultInJSONIsNamedByLine() throws {
    try withFiles(["t.json": "{\n\n \"name\" 1}"]) { folder in
      #expect {
        try TaskFile.read("\(folder)/t.json")
      } throws: { "\($0)".contains("t.json:3: not JSON") }
    }
  }
}
