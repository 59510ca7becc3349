import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("Names that Unicode calls equivalent are different names")
struct ByteNameTests {
  private static let composed = "caf\u{E9}"
  private static let decomposed = "cafe\u{301}"

  private func find(
    _ text: String, labelUntil: String? = nil, _ body: (TaskDiscovery.Found, String) throws -> Void
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(Array(text.utf8), to: "a.tsv", in: folder)
      var hints = TaskDiscovery.Hints()
      hints.labelUntil = labelUntil
      try body(TaskDiscovery.find(train: path, hints), path)
    }
  }

  @Test("Labels are two classes, and warned of")
  func labels() throws {
    let (one, other) = (Self.composed, Self.decomposed)
    let rows = "text\tlabel\na\t\(one)\nb\t\(other)\nc\t\(one)\nd\t\(other)\n"
    try find(rows) { found, path in
      #expect(found.definition.labels.count == 2)
      #expect(found.warnings.count == 1 && found.warnings[0].contains("Unicode normalization"))
      let examples = try Dataset.read(path, found.definition)
      #expect(examples.map(\.label) == [1, 0, 1, 0])
    }
  }

  @Test("A label of the other form is unknown")
  func unknown() throws {
    try find("text\tlabel\na\t\(Self.composed)\nb\tx\n") { found, _ in
      #expect(found.definition.classIndex(Self.composed) != nil)
      #expect(found.definition.classIndex(Self.decomposed) == nil)
    }
  }

  @Test("Fields, and the places of a template")
  func fields() throws {
    let names = [Self.composed, Self.decomposed]
    func define(_ template: String) throws -> TaskDefinition {
      try TaskDefinition(
        name: "x", fields: names, template: template, segments: ["{\(names[0])}"],
        labels: [.init("a"), .init("b")], metric: .accuracy, inputLength: 8,
        split: .halvedDev(seed: 1), source: DataSource(folders: [], columns: names))
    }
    let task = try define("{\(names[1])}-{\(names[0])}")
    #expect(task.template.rendered(["0", "1"]) == "1-0")
  }

  @Test("Of a label that a sign ends, the part before it is the class")
  func labelUntil() throws {
    try find("text\tlabel\na\tDESC:manner\nb\tHUM:ind\nc\tDESC:def\nd\tHUM\n", labelUntil: ":") {
      found, path in
      #expect(found.definition.labels.map(\.word) == ["DESC", "HUM"])
      // What stands in a bundle reads the same rows the same way.
      let again = try TaskDefinition(found.definition.json)
      #expect(again == found.definition)
      #expect(try Dataset.read(path, again).map(\.label) == [0, 1, 0, 1])
    }
  }
}
