import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("Data files")
struct DatasetTests {
  /// Reads `text` as a file of task `task`.
  private func read(_ text: String, task: String = "sst2", name: String = "x.tsv") throws
    -> [Example]
  {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/\(name)"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return try Dataset.read(path, TaskCatalogue.task(named: task))
    }
  }

  /// Expects an error that names line `line` and contains `words`.
  private func expectBadRow(
    _ text: String, task: String = "sst2", name: String = "x.tsv", line: Int, _ words: String
  ) {
    #expect {
      try read(text, task: task, name: name)
    } throws: { error in
      "\(error)".contains("/\(name):\(line): ") && "\(error)".contains(words)
    }
  }

  @Test func plainFile() throws {
    let rows = try read("sentence\tlabel\na  \"b\" \t1\nc\tnegative\n")
    #expect(
      rows == [
        Example(values: ["a  \"b\" "], label: 1), Example(values: ["c"], label: 0),
      ])
  }

  @Test func quirks() throws {
    let expected = [Example(values: ["a"], label: 1)]
    #expect(try read("sentence\tlabel\na\t1") == expected)
    #expect(try read("\u{FEFF}sentence\tlabel\na\t1\n") == expected)
    #expect(try read("sentence\tlabel\r\na\t1\r\n") == expected)
    #expect(try read("sentence\tlabel\na\t1\n\n\n") == expected)
    #expect(try read("label\tother\tsentence\n1\t\ta\n") == expected)
    #expect(try read("a\t1\n") == expected)
    // Other line ends are part of a text.
    #expect(try read("a\u{2028}b\u{0B}c\rd\t1")[0].values == ["a\u{2028}b\u{0B}c\rd"])
  }

  @Test func fileWithoutHeaderByNumber() throws {
    let rows = try read("gj04\t1\t\tA sentence.\ngj04\t0\t*\tNot one", task: "cola")
    #expect(rows.map(\.label) == [1, 0])
    #expect(rows.map(\.values) == [["A sentence."], ["Not one"]])
  }

  @Test func badRows() {
    expectBadRow("sentence\tlabel\na\t1\nb\n", line: 3, "1 column, but")
    expectBadRow("sentence\tlabel\na\tb\t1\n", line: 2, "tab within a text")
    expectBadRow("sentence\tlabel\na\t2\n", line: 2, "unknown label \"2\"")
    expectBadRow("sentence\tlabel\n\na\t1\n", line: 2, "empty line")
    expectBadRow("a\tb\tc\td\n", line: 1, "expected sentence, label")
    expectBadRow("only text\n", line: 1, "1 column")
  }

  @Test func emptyFiles() {
    for text in ["", "\n", "sentence\tlabel\n", "\u{FEFF}"] {
      #expect {
        try read(text)
      } throws: { error in
        guard case TaskError.noRows = error else { return false }
        return true
      }
    }
  }

  @Test func textThatIsNotUTF8() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/x.tsv"
      try Data(Array("sentence\tlabel\n".utf8) + [0x61, 0xFF, 0x09, 0x31])
        .write(to: URL(fileURLWithPath: path))
      #expect {
        try Dataset.read(path, TaskCatalogue.task(named: "sst2"))
      } throws: { "\($0)".contains(":2: ") && "\($0)".contains("UTF-8") }
    }
  }

  @Test func brokenRowsOfQQPAreCounted() throws {
    try TestPaths.withTemporaryFolder { folder in
      let header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
      let rows = header + "1\t1\t2\ta\tb\t1\n2\t3\t4\tbroken\n\n in two\tc\t0\n3\t1\t2\td\te\t0\n"
      for name in ["train", "dev"] {
        try rows.write(toFile: "\(folder)/\(name).tsv", atomically: true, encoding: .utf8)
      }
      let task = try TaskCatalogue.task(named: "qqp")
      let data = try Dataset(task, in: DataLocation.find(task, data: folder, environment: [:]))
      #expect(data.test.map(\.values) == [["a", "b"], ["d", "e"]])
      #expect(data.skippedRows == 4)
    }
  }

  @Test func jsonLines() throws {
    let boolean = #"{"question": "q", "passage": "p \u00e9", "label": true}"# + "\n \n"
    #expect(
      try read(boolean, task: "boolq", name: "x.jsonl")
        == [Example(values: ["q", "p \u{E9}"], label: 1)])
    let own = #"{"sentence": "a", "label": 0}"# + "\n" + #"{"sentence": "b", "label": "positive"}"#
    #expect(try read(own, name: "x.jsonl").map(\.label) == [0, 1])
    expectBadRow("{\"sentence\": \"a\"}", name: "x.jsonl", line: 1, "no label \"label\"")
    expectBadRow("{\"label\": 1}", name: "x.jsonl", line: 1, "no text \"sentence\"")
    expectBadRow("{\"sentence\": \"a\", \"label\": 1}\n{", name: "x.jsonl", line: 2, "not a JSON")
  }

  @Test func multiRCIsFlattened() throws {
    let record = """
      {"passage": {"text": "<b>S 1: </b>x<br>y", "questions": [{"question": "q", "answers": \
      [{"text": "a", "label": 0}, {"text": "<b>c</b>", "label": 1}]}]}}
      """
    #expect(
      try read(record, task: "multirc", name: "x.jsonl") == [
        Example(values: ["q", "a", "S 1: x y"], label: 0),
        Example(values: ["q", "c", "S 1: x y"], label: 1),
      ])
    expectBadRow(
      #"{"passage": {"text": "x"}}"#, task: "multirc", name: "x.jsonl", line: 1, "questions")
  }

  @Test func winogradSpans() {
    #expect(
      WinogradSpans.marked("Mark told Pete . He left.", first: "Mark", at: 0, second: "He", at: 4)
        == "* Mark * told Pete . # He # left.")
    #expect(
      WinogradSpans.marked("he saw Ann Lee .", first: "Ann Lee", at: 2, second: "he", at: 0)
        == "# he # saw * Ann Lee * .")
    // Not where the index says, or beyond the end: unmarked.
    #expect(
      WinogradSpans.marked("a b", first: "c", at: 1, second: "b", at: 9) == "a b")
    #expect(WinogradSpans.marked("a b", first: "a", at: -1, second: "b", at: 1) == "* a * # b #")
  }

  @Test func scoresAreRoundedAsT5Does() throws {
    let header = "sentence1\tsentence2\tscore\n"
    let rows = try read(header + "a\tb\t3.8\na\tb\t2.5\na\tb\t2.501\na\tb\t5.000\n", task: "stsb")
    let task = try TaskCatalogue.task(named: "stsb")
    // 2.5 · 5 = 12.5 lies between 12 and 13: the even one.
    #expect(rows.map { task.labels[$0.label].word } == ["3.8", "2.4", "2.6", "5.0"])
    #expect(rows.map(\.score) == [3.8, 2.5, 2.501, 5])
    expectBadRow(header + "a\tb\t5.1\n", task: "stsb", line: 2, "outside 0.0 to 5.0")
    expectBadRow(header + "a\tb\tnan\n", task: "stsb", line: 2, "unknown label")
  }

  @Test func dataIsFoundByFlagThenEnvironmentThenDefault() throws {
    try TestPaths.withTemporaryFolder { folder in
      let task = try TaskCatalogue.task(named: "sst2")
      let set = "\(folder)/SST-2"
      try FileManager.default.createDirectory(atPath: set, withIntermediateDirectories: true)
      let rows = "sentence\tlabel\n" + (0..<30).map { "text \($0)\t\($0 % 2)\n" }.joined()
      for name in ["train", "dev"] {
        try rows.write(toFile: "\(set)/\(name).tsv", atomically: true, encoding: .utf8)
      }
      for given in [folder, folder + "/", set] {
        #expect(try DataLocation.find(task, data: given, environment: [:]).folder == set)
      }
      let environment = ["EPT_DATA": folder]
      let location = try DataLocation.find(task, data: nil, environment: environment)
      #expect(location.folder == set)
      let data = try Dataset(task, in: location)
      #expect(data.validation.count == 3)
      #expect(data.train.count == 27)
      #expect(data.test.count == 30)
      #expect(try TestRows.official(task, in: location) == data.test)
      #expect {
        try DataLocation.find(task, data: "/nowhere", environment: environment)
      } throws: { error in
        "\(error)".contains("/nowhere/SST-2/train.tsv")
          && (error as? TaskError)?.remedy == .nameFolder
      }
      #expect {
        try DataLocation.find(task, data: nil, environment: [:])
      } throws: { "\($0)".contains("data/SST-2/train.tsv") }
    }
  }

  @Test func splitFilesAndHalves() throws {
    try TestPaths.withTemporaryFolder { folder in
      let rows = "sentence1\tsentence2\tgold_label\na\tb\tneutral\nc\td\tentailment\n"
      for name in ["train", "dev_matched", "dev_mismatched"] {
        try rows.replacing("a\t", with: "\(name)\t")
          .write(toFile: "\(folder)/\(name).tsv", atomically: true, encoding: .utf8)
      }
      let mnli = try TaskCatalogue.task(named: "mnli")
      let location = try DataLocation.find(mnli, data: folder, environment: [:])
      let data = try Dataset(mnli, in: location)
      #expect(data.validation[0].values[0] == "dev_mismatched")
      #expect(data.test[0].values[0] == "dev_matched")
      #expect(try TestRows.official(mnli, in: location) == data.test)
      let rte = try TaskCatalogue.task(named: "rte")
      let pairs =
        "sentence1\tsentence2\tlabel\n"
        + (0..<9).map { "\($0)\tb\tentailment\n" }.joined()
      try pairs.write(toFile: "\(folder)/pairs.tsv", atomically: true, encoding: .utf8)
      let own = try Dataset(rte, train: "\(folder)/pairs.tsv", dev: "\(folder)/pairs.tsv")
      #expect(own.train.count == 9)
      #expect(own.validation.count == 4)
      #expect(own.test.count == 5)
    }
  }
}
