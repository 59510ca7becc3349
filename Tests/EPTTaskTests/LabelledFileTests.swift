import EPTData
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

/// Files as people have them: headers, labels, splits.
struct LabelledFileTests {
  private func withFile<Result>(
    _ text: String, name: String = "a.tsv", _ body: (String) throws -> Result
  ) throws -> Result {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/\(name)"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try body(path)
    }
  }

  private func find(
    _ text: String, name: String = "a.tsv", _ hints: TaskDiscovery.Hints = .init()
  ) throws -> TaskDiscovery.Found {
    try withFile(text, name: name) { try TaskDiscovery.find(train: $0, hints) }
  }

  private let rows = "good\tpos\nbad\tneg\nnice\tpos\nawful\tneg\n"

  @Test(
    "A header is one whatever its case and blanks, and whoever names the columns",
    arguments: [
      "text\tlabel", "Text\tLABEL", " text \t label", "sentence\tclass", "Text\tSentiment",
    ])
  func headers(header: String) throws {
    let found = try find("\(header)\n\(rows)")
    #expect(found.definition.labels.map(\.word) == ["neg", "pos"])
    #expect(found.file.rows.count == 4)
    // Both readers of the file agree.
    try withFile("\(header)\n\(rows)") { path in
      let read = try Dataset.read(path, found.definition)
      #expect(read.count == 4)
    }
  }

  @Test("Columns by number on a file with a header")
  func numbersAndHeader() throws {
    let hints = TaskDiscovery.Hints(textColumns: ["1"], labelColumn: "2")
    let found = try find("text\tlabel\n\(rows)", hints)
    #expect(found.definition.labels.map(\.word) == ["neg", "pos"])
    #expect(found.definition.source.columns == ["text"])
  }

  @Test("A label that stands in line 1 alone is refused, unless the caller knows better")
  func headerTakenForARow() throws {
    let text = "review\tverdict\n\(rows)"
    #expect {
      try find(text)
    } throws: { error in
      guard case TaskError.badRow(_, 1, let reason, .sayHeader?) = error else { return false }
      return reason.contains("\"verdict\"")
    }
    var hints = TaskDiscovery.Hints()
    hints.reading.header = true
    #expect(try find(text, hints).definition.labels.map(\.word) == ["neg", "pos"])
    hints.reading.header = false
    #expect(try find(text, hints).definition.labels.map(\.word) == ["neg", "pos", "verdict"])
  }

  @Test("A column named twice is refused, one without a name is not")
  func repeatedNames() throws {
    #expect {
      try find("text\ttext\tlabel\na\tb\tx\n")
    } throws: { "\($0)".contains("two columns are called \"text\"") }
    let index = ",text,label\n0,a,x\n1,b,y\n2,c,x\n"
    #expect(try find(index, name: "a.csv").definition.fields == ["text"])
  }

  @Test("Labels lose the blanks around them, unless they are wanted")
  func blanks() throws {
    let text = "text\tlabel\na\tpos \nb\tpos\nc\tneg\nd\tneg\n"
    #expect(try find(text).definition.labels.map(\.word) == ["neg", "pos"])
    var hints = TaskDiscovery.Hints()
    hints.trimsLabels = false
    let kept = try find(text, hints)
    #expect(kept.definition.labels.map(\.word) == ["neg", "pos", "pos "])
    #expect(kept.warnings.count == 1 && kept.warnings[0].contains("blanks"))
  }

  @Test(
    "Labels that look alike are named",
    arguments: [
      ("Pos", "pos", "case"), ("a b", "ab", "blanks"),
      ("pos\u{200B}", "pos", "characters that are not seen"),
      ("01", "1", "the spelling of a number"), ("1e2", "100.0", "the spelling of a number"),
    ])
  func lookalikes(first: String, second: String, difference: String) throws {
    let text = "text\tlabel\n1\t\(first)\n2\t\(second)\n3\tneg\n4\t\(first)\n"
    let warnings = try find(text).warnings
    try #require(warnings.count == 1)
    #expect(warnings[0].contains("differ in \(difference) alone"))
    #expect(!warnings[0].unicodeScalars.contains("\u{200B}"))
  }

  @Test("Rows without a text are counted")
  func emptyTexts() throws {
    let warnings = try find("text\tlabel\n\ta\nx\tb\n \tb\n").warnings
    #expect(warnings.count == 1)
    #expect(
      warnings[0].hasPrefix("2 of 3 rows of ") && warnings[0].hasSuffix(", the first in line 2"))
    #expect(try find("text\tlabel\nx\ta\ny\tb\n").warnings.isEmpty)
  }

  @Test("Whole numbers may have a fraction of zeros")
  func fractions() throws {
    let found = try find("text\tlabel\na\t1.0\nb\t0.0\nc\t1\nd\t0.0\n")
    #expect(found.definition.labels.map(\.word) == ["0", "1"])
    #expect(try found.file.examples(of: found.definition).map(\.label) == [1, 0, 1, 0])
    // Zero is one class, with a minus too.
    let signed = try find("text\tlabel\na\t-1.0\nb\t-0.0\nc\t0\n")
    #expect(signed.definition.labels.map(\.word) == ["-1", "0"])
    #expect(try signed.file.examples(of: signed.definition).map(\.label) == [0, 1, 1])
    // Not where labels are names.
    #expect(
      try find("text\tlabel\na\t2.0\nb\tv1\n").definition.labels.map(\.word) == ["2.0", "v1"])
  }

  @Test("A missing value is named with its line", arguments: ["nan", "NaN", "", " "])
  func missingLabels(label: String) {
    #expect {
      try find("text\tlabel\na\t1\nb\t0\nc\t\(label)\n")
    } throws: { "\($0)".contains("a.tsv:4: ") }
  }

  @Test("More than 1 000 classes on demand")
  func manyClasses() throws {
    let text = "text\tlabel\n" + (0..<1500).map { "t\tlabel \($0)\n" }.joined()
    #expect {
      try find(text)
    } throws: { ($0 as? TaskError)?.remedy == .allowClasses }
    var hints = TaskDiscovery.Hints()
    hints.mostClasses = 2000
    #expect(try find(text, hints).definition.labels.count == 1500)
  }

  @Test(
    "A value of the wrong kind is named with what mends it",
    arguments: [
      (#"{"text": 5, "label": "a"}"#, "write \"5\""),
      (#"{"text": ["a"], "label": "a"}"#, "is a list"),
      (#"{"text": null, "label": "a"}"#, "is null"),
      (#"{"text": "a", "label": [["a"]]}"#, "a list of something else"),
      (#"{"text": "a", "label": null}"#, "is null"),
      (#"{"text": "a"}"#, "no column label"),
    ])
  func wrongKinds(line: String, words: String) {
    #expect {
      try find(line + "\n", name: "a.jsonl")
    } throws: { "\($0)".contains("a.jsonl:1: ") && "\($0)".contains(words) }
  }

  @Test("Every class has its share in every part, and rows to learn from")
  func stratified() {
    // 90 rows of class 0, 9 of class 1, 1 of class 2.
    let labels = (0..<100).map { $0 % 10 == 3 ? ($0 == 53 ? 2 : 1) : 0 }
    var split = StratifiedSplit(labels, seed: 42)
    let (first, second) = (split.take(10), split.take(10))
    #expect(first.count == 10 && second.count == 10)
    #expect(Set(first).isDisjoint(with: second) && Set(first).isDisjoint(with: split.rest))
    #expect(split.rest.count == 80)
    #expect(first.count { labels[$0] == 0 } == 9 && second.count { labels[$0] == 1 } == 1)
    #expect(Set(split.rest.map { labels[$0] }) == [0, 1, 2])
    var again = StratifiedSplit(labels, seed: 42)
    #expect(again.take(10) == first)
    var other = StratifiedSplit(labels, seed: 43)
    #expect(other.take(10) != first)
    let halves = StratifiedSplit.halves(of: labels, seed: 42)
    #expect(halves.first.count == 50 && halves.second.count == 50)
    #expect(halves.first.count { labels[$0] == 0 } == 45)
  }

  @Test("One row of each class but one, and too few rows")
  func smallSplits() throws {
    var split = StratifiedSplit([0, 1, 2, 2, 3], seed: 1)
    #expect(split.take(3).count == 1)
    let found = try find(
      "text\tlabel\na\tx\nb\ty\n",
      { () -> TaskDiscovery.Hints in
        var hints = TaskDiscovery.Hints()
        hints.hasDev = false
        return hints
      }())
    #expect {
      try Dataset(found.definition, train: found.file, dev: nil)
    } throws: { ($0 as? TaskError)?.remedy == .giveDev }
    #expect {
      try Dataset(
        found.definition.splitting(by: .stratifiedHalves(seed: 1)), train: found.file,
        dev: withFile("text\tlabel\na\tx\n") { try LabelledFile($0, found.definition) })
    } throws: { "\($0)".contains("has 1 row;") }
  }

  @Test(
    "Rules of a split survive a bundle",
    arguments: [
      SplitRule.stratifiedTenths(seed: 7), .stratifiedHalves(seed: 7),
      .stratifiedHeldOut(rows: 10, seed: 7), .halvedDev(seed: 7),
    ])
  func splitJSON(rule: SplitRule) {
    #expect(SplitRule(rule.json) == rule)
  }

  @Test("Labels that a task does not know can be errors of the answers")
  func unknownLabels() throws {
    let found = try find("text\tlabel\n\(rows)")
    try withFile("text\tlabel\na\tpos\nb\tmixed\nc\tnone\nd\tmixed\n") { path in
      #expect {
        try TestRows(path: path, found.definition)
      } throws: { ($0 as? TaskError)?.remedy == .countUnknown }
      let rows = try TestRows(path: path, found.definition, countingUnknown: true)
      #expect(rows.examples.map(\.label) == [1, 2, 3, 2])
      #expect(rows.unknownLabels == ["mixed", "none"])
      // As scikit-learn: the further labels are classes of the truth, of F1 0.
      let score = Metric.macroF1.score([1, 1, 0, 0], rows.examples, found.definition)
      #expect(abs(score.figures[0].value - (2.0 / 3) / 4) < 1e-12)
      #expect(score.figures[1].value == 0.25)
    }
  }

  @Test("A metric of one class takes the one that is named")
  func positiveClass() throws {
    let found = try find(
      "text\tlabel\n\(rows)", .init(metric: .f1Accuracy, positive: "neg"))
    let task = try TaskDefinition(found.definition.json)
    #expect(task == found.definition && task.positiveClass == 0)
    let examples = [0, 0, 1].map { Example(values: ["x"], label: $0) }
    #expect(abs(task.metric.score([0, 1, 1], examples, task).figures[0].value - 2.0 / 3) < 1e-12)
    #expect {
      try find("text\tlabel\n\(rows)", .init(metric: .f1Accuracy, positive: "maybe"))
    } throws: { "\($0)".contains("no label is called maybe") }
    #expect {
      try find("text\tlabel\n\(rows)", .init(metric: .accuracy, positive: "pos"))
    } throws: { "\($0)".contains("has no positive class") }
  }
}
