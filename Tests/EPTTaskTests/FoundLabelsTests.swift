import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("Numbers and several labels found in files")
struct FoundLabelsTests {
  /// The task that is found in a file, and the file's rows as the task reads them.
  private func find(
    _ text: String, name: String, _ change: (inout TaskDiscovery.Hints) -> Void = { _ in }
  ) throws -> (found: TaskDiscovery.Found, rows: [Example]) {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/\(name)"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      var hints = TaskDiscovery.Hints()
      change(&hints)
      let found = try TaskDiscovery.find(train: path, hints)
      return (found, try Dataset.read(path, found.definition))
    }
  }

  private func expectFault(
    _ text: String, name: String, line: Int, _ words: String,
    _ change: (inout TaskDiscovery.Hints) -> Void = { _ in }
  ) {
    #expect {
      try find(text, name: name, change)
    } throws: { error in
      guard case .badRow(_, line, let reason, _)? = error as? TaskError else { return false }
      return reason.contains(words)
    }
  }

  @Test func numbers() throws {
    let text = "text\tlabel\na\t1.5\nb\t-2e3\nc\t7\n"
    for metric in [Metric.mse, .pearsonSpearman] {
      let (found, rows) = try find(text, name: "a.tsv") { $0.metric = metric }
      let task = found.definition
      #expect(task.isScale && task.labels.isEmpty && task.metric == metric)
      #expect(try TaskDefinition(task.json) == task)
      #expect(rows.map(\.score) == [1.5, -2000, 7])
    }
    expectFault(text, name: "a.tsv", line: 3, "on a scale")
    for label in ["x", "nan", "inf", "1e999", ""] {
      expectFault("text\tlabel\na\t1\nb\t\(label)\n", name: "a.tsv", line: 3, "no number") {
        $0.metric = .mse
      }
    }
    expectFault(#"{"text": "a", "label": [1]}"#, name: "a.jsonl", line: 1, "no number") {
      $0.metric = .mse
    }
  }

  @Test("A list, none and all included")
  func lists() throws {
    let lines = [
      #"{"text": "a", "label": ["x", "y"]}"#, #"{"text": "b", "label": []}"#,
      #"{"text": "c", "label": ["z", "y", "x"]}"#, #"{"text": "d", "label": ["y", "y"]}"#,
    ]
    let (found, rows) = try find(lines.joined(separator: "\n"), name: "a.jsonl")
    let task = found.definition
    #expect(task.labelForm == .several && task.metric == .microMacroF1)
    #expect(task.labels.map(\.word) == ["x", "y", "z"])
    #expect(try TaskDefinition(task.json) == task)
    #expect(rows.map(\.labels) == [[0, 1], [], [0, 1, 2], [1]])
  }

  @Test("Labels between separators")
  func separators() throws {
    let text = "text\tlabel\na\tx, y\nb\t\nc\tz,x\n"
    let (found, rows) = try find(text, name: "a.tsv") { $0.labelSeparator = "," }
    #expect(found.definition.labels.map(\.word) == ["x", "y", "z"])
    #expect(found.definition.source.labelSeparator == ",")
    #expect(try TaskDefinition(found.definition.json) == found.definition)
    #expect(rows.map(\.labels) == [[0, 1], [], [0, 2]])
    expectFault("text\tlabel\na\tx,,y\nb\tx\n", name: "a.tsv", line: 2, "one of its labels") {
      $0.labelSeparator = ","
    }
  }

  @Test("One label a row is said, and is a task of one label unless several are asked for")
  func oneLabelEach() throws {
    let lines = #"{"text": "a", "label": ["x"]}"# + "\n" + #"{"text": "b", "label": ["y"]}"#
    let (found, rows) = try find(lines, name: "a.jsonl")
    #expect(found.definition.labelForm == .one && found.definition.metric == .accuracy)
    #expect(found.warnings.contains { $0.contains("one label") })
    #expect(rows.map(\.label) == [0, 1])
    for change in [
      { $0.isMultiLabel = true }, { $0.metric = .microMacroF1 },
    ] as [(inout TaskDiscovery.Hints) -> Void] {
      let (found, rows) = try find(lines, name: "a.jsonl", change)
      #expect(found.definition.labelForm == .several && found.warnings.isEmpty)
      #expect(rows.map(\.labels) == [[0], [1]])
    }
    let table = try find("text\tlabel\na\tx\nb\ty\n", name: "a.tsv") { $0.labelSeparator = "," }
    #expect(table.found.definition.labelForm == .one && !table.found.warnings.isEmpty)
    #expect(table.found.definition.source.labelSeparator == nil)
  }

  @Test func whatIsNoLabelIsRefused() {
    expectFault(#"{"text": "a", "label": [["x"]]}"#, name: "a.jsonl", line: 1, "something else")
    expectFault(#"{"text": "a", "label": []}"#, name: "a.jsonl", line: 1, "no row has a label")
    expectFault(
      #"{"text": "a", "label": ["x", "nan"]}"#, name: "a.jsonl", line: 1, "one of its labels")
    #expect(throws: TaskError.self) {
      try find(#"{"text": "a", "label": ["x", "y"]}"#, name: "a.jsonl") { $0.metric = .matthews }
    }
  }

  @Test func listsAreNoLabelOfOtherTasks() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/a.jsonl"
      try #"{"sentence": "a", "label": ["0", "1"]}"#
        .write(toFile: path, atomically: true, encoding: .utf8)
      #expect {
        try Dataset.read(path, TaskCatalogue.task(named: "sst2"))
      } throws: { "\($0)".contains("is a list") }
    }
  }

  @Test func rowsOfUnknownLabels() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/a.jsonl"
      try #"{"text": "a", "label": ["x", "y"]}"#
        .write(toFile: path, atomically: true, encoding: .utf8)
      let task = try TaskDiscovery.definition(train: path)
      let other = "\(folder)/b.jsonl"
      try #"{"text": "a", "label": ["y", "w"]}"#
        .write(toFile: other, atomically: true, encoding: .utf8)
      #expect(throws: TaskError.self) { try TestRows(path: other, task) }
      let rows = try TestRows(path: other, task, countingUnknown: true)
      #expect(rows.examples.map(\.labels) == [[1, 2]] && rows.unknownLabels == ["w"])
    }
  }
}
