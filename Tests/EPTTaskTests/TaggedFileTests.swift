import EPTData
import EPTTestSupport
import EPTText
import Testing

@testable import EPTTask

@Suite("Words with tags found in files")
struct TaggedFileTests {
  private func find(
    _ text: String, name: String, _ change: (inout TaskDiscovery.Hints) -> Void = { _ in }
  ) throws -> (task: TaskDefinition, rows: [Example]) {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/\(name)"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      var hints = TaskDiscovery.Hints()
      change(&hints)
      let found = try TaskDiscovery.find(train: path, hints)
      return (
        found.definition, try LabelledFile(path, found.definition).examples(of: found.definition)
      )
    }
  }

  private func expectFault(
    _ text: String, name: String = "a.jsonl", line: Int, _ words: String,
    _ change: (inout TaskDiscovery.Hints) -> Void = { _ in }
  ) {
    #expect {
      try find(text, name: name, change)
    } throws: { error in
      guard case .badRow(_, line, let reason, _)? = error as? TaskError else { return false }
      return reason.contains(words)
    }
  }

  private static let jsonl = """
    {"tokens": ["Ada", "Low", "lives", "in", "New", "York"], "tags": ["B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC"]}
    {"id": 7, "tokens": ["It", "rains"], "tags": ["O", "O"]}

    """

  private static let conll = """
    -DOCSTART- -X- -X- O

    Ada NNP B-NP B-PER
    Low NNP I-NP I-PER
    lives VBZ B-VP O
    in IN B-PP O
    New NNP B-NP B-LOC
    York NNP I-NP I-LOC

    -DOCSTART- -X- -X- O
    It PRP B-NP O
    rains VBZ B-VP O
    """

  @Test("JSON and CoNLL columns are the same rows, whatever ends their lines")
  func bothFormats() throws {
    let (task, rows) = try find(Self.jsonl, name: "a.jsonl")
    #expect(task.labels.map(\.word) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"])
    #expect(task.labelForm == .tags && task.metric == .entityF1 && task.fields == ["text"])
    #expect(rows.map(\.labels) == [[3, 4, 0, 0, 1, 2], [0, 0]] && rows.map(\.label) == [3, 0])
    #expect(rows[0].values == ["Ada", "Low", "lives", "in", "New", "York"])
    for (name, text) in [
      ("a.conll", Self.conll), ("a.txt", Self.conll),
      ("a.conll", Self.conll.replacing("\n", with: "\r\n")),
      ("a.txt", Self.conll.replacing(" ", with: "\t")),
      ("train", Self.conll.replacing("-DOCSTART- -X- -X- O\n", with: "")),
    ] {
      let (other, same) = try find(text, name: name) { $0.name = "a" }
      #expect(other == task && same == rows, "\(name)")
    }
    let (_, named) = try find(
      #"{"w": ["a"], "t": ["B-X"]}"# + "\n", name: "a.jsonl"
    ) { ($0.textColumns, $0.labelColumn) = (["w"], "t") }
    #expect(named.map(\.values) == [["a"]])
  }

  @Test("A task reads rows of the other format, and counts tags that it does not know")
  func readByATask() throws {
    let (task, rows) = try find(Self.jsonl, name: "a.jsonl")
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/b.conll"
      try Self.conll.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try TestRows(path: path, task).examples == rows)
      try "Mars B-PLANET\n\nAda B-PER\n".write(toFile: path, atomically: true, encoding: .utf8)
      let unknown = try TestRows(path: path, task, countingUnknown: true)
      #expect(unknown.unknownLabels == ["B-PLANET"])
      #expect(unknown.examples.map(\.labels) == [[5], [3]])
      #expect {
        try TestRows(path: path, task)
      } throws: { "\($0)".contains("b.conll:1: unknown label \"B-PLANET\"") }
      let table = "\(folder)/c.tsv"
      try "text\tlabel\na\tO\n".write(toFile: table, atomically: true, encoding: .utf8)
      #expect {
        try TestRows(path: table, task)
      } throws: { "\($0)".contains("CoNLL columns") }
    }
  }

  @Test func faultsNameTheirLine() {
    let good = #"{"tokens": ["a"], "tags": ["B-X"]}"# + "\n"
    expectFault(
      good + #"{"tokens": ["a"], "tags": ["O", "B-X", "O"]}"#, line: 2, "has 3 tags for the 1 word")
    expectFault(good + #"{"tokens": ["a", "b"], "tags": ["O"]}"#, line: 2, "each word needs one")
    expectFault(good + #"{"tokens": ["a"]}"#, line: 2, "no list \"tags\"")
    expectFault(good + #"{"tokens": "a", "tags": ["O"]}"#, line: 2, "no list \"tokens\"")
    expectFault(good + #"{"tokens": [], "tags": []}"#, line: 2, "no words")
    expectFault(good + #"{"tokens": [1], "tags": ["O"]}"#, line: 2, "no text in quotes")
    expectFault(good + #"{"tokens": ["a"], "tags": [3]}"#, line: 2, "no text in quotes")
    expectFault(good + #"{"tokens": ["a"], "tags": ["S-X"]}"#, line: 2, "none of BIO's")
    expectFault(#"{"tokens": ["a"], "tags": ["O"]}"#, line: 1, "needs entities")
    expectFault("a O\n\nb B-X\nc\n", name: "a.conll", line: 3, "\"c\" has no tag")
    expectFault("a O\n\nb\nc B-X\n", name: "a.conll", line: 3, "\"b\" has no tag")
    expectFault("a\n\nb\n", name: "a.conll", line: 1, "label")
    expectFault(good, line: 1, "different tags") { $0.mostClasses = 0 }
  }
}
