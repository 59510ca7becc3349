import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("What a task names never leads outside the folder it is looked up in")
struct NameTests {
  @Test(arguments: [
    "../x", "a/b", "/etc/passwd", "..", ".", "", "a\u{0}b", "a\nb",
    String(repeating: "x", count: 201),
  ])
  func pathsAreNoNames(_ name: String) throws {
    let task = try TaskCatalogue.task(named: "sst2")
    func define(
      name: String = "mine", folder: String = "folder", file: String = "dev"
    ) throws -> TaskDefinition {
      try TaskDefinition(
        name: name, fields: task.fields, template: task.template.source,
        segments: task.segments.map(\.source), labels: task.labels, metric: task.metric,
        inputLength: 8, split: .files(validation: "dev", test: file),
        source: DataSource(folders: [folder], columns: task.source.columns))
    }
    #expect(throws: Never.self) { try define() }
    #expect(throws: TaskError.self) { try define(name: name) }
    #expect(throws: TaskError.self) { try define(folder: name) }
    #expect(throws: TaskError.self) { try define(file: name) }
  }

  @Test(
    "Numbers of a row have a range",
    arguments: ["-1", "1000001", "9223372036854775807", "1.5", "\"1\""])
  func wordIndices(_ index: String) throws {
    let task = try TaskCatalogue.task(named: "wsc")
    try TestPaths.withTemporaryFolder { folder in
      let row =
        #"{"text": "a b c", "target": {"span1_text": "a", "span1_index": 0, "span2_text": "b", "#
        + #""span2_index": \#(index)}, "label": true}"#
      let path = try TestPaths.write(Array(row.utf8), to: "a.jsonl", in: folder)
      #expect {
        try Dataset.read(path, task)
      } throws: { "\($0)".contains(":1: \"span2_index\" must be a whole number from 0 to") }
    }
  }

  @Test("Indices of words beyond any text leave it as it is")
  func indices() {
    for index in [Int.max, Int.max - 1, Int.min, 1 << 62] {
      let marked = WinogradSpans.marked("a b c", first: "a", at: 0, second: "b", at: index)
      #expect(marked == "* a * b c" || index < 0)
    }
  }
}
