import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// Tasks beyond `--task sst2`: shown, edited, found in the user's own files; and folded bundles.
struct OwnTaskTests {
  /// A folder with the demonstration's model, and the user's own rows in `a.tsv` and `b.tsv`.
  private func withRows(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      let words = [["good", "fine", "warm"], ["bad", "dull", "cold"]]
      for (name, count) in [("a", 48), ("b", 24)] {
        let rows = (0..<count).map { row in
          "\(row)\ta \(words[row % 2][row % 3]) film\t\(row % 2 == 0 ? "yes" : "no")\n"
        }
        try ("id\tbody\tliked\n" + rows.joined())
          .write(toFile: "\(folder)/\(name).tsv", atomically: true, encoding: .utf8)
      }
      try body(folder)
    }
  }

  private let columns = ["--text-column", "body", "--label-column", "liked"]

  @Test("`eptc tasks` lists all presets, `show` prints what --task-file takes")
  func presets() throws {
    try withRows { folder in
      let list = try CommandLineRun(["tasks"], in: folder)
      #expect(list.status == 0)
      #expect(list.output.split(separator: "\n").count == 13)
      #expect(list.output.contains("boolq passage: {passage} question: {question}"))
      let show = try CommandLineRun(["tasks", "show", "sst2", "--labels", "digits"], in: folder)
      #expect(show.status == 0)
      #expect(show.output.contains("\"word\": \"1\""))
      let mine = show.output.replacing("\"sst2\"", with: "\"mine\"")
        .replacing("\"value\": \"0\"", with: "\"value\": \"no\"")
        .replacing("\"value\": \"1\"", with: "\"value\": \"yes\"")
      try mine.write(toFile: "\(folder)/mine.json", atomically: true, encoding: .utf8)
      let tune = try CommandLineRun(
        ["tune", "--task-file", "mine.json", "--train", "a.tsv", "--dev", "b.tsv", "--steps", "2"]
          + columns, in: folder)
      #expect(tune.status == 0, "\(tune.errors)")
      let infer = try CommandLineRun(
        ["infer", "--prompt", "mine.eptb"], in: folder, input: "a film\n")
      #expect(["0\n", "1\n"].contains(infer.output))
      let unknown = try CommandLineRun(["tasks", "show", "rtee"], in: folder)
      #expect(unknown.status == 65 && unknown.errors.contains("rte"))
    }
  }

  @Test("Rows of one's own: labels found in the data, evaluated, folded, all from flags")
  func ownRows() throws {
    try withRows { folder in
      let tune = try CommandLineRun(
        ["tune", "--train", "a.tsv", "--dev", "b.tsv", "--steps", "3", "--input-length", "16"]
          + columns, in: folder)
      #expect(tune.status == 0, "\(tune.errors)")
      let inspect = try JSON(
        parsing: CommandLineRun(["inspect", "a.eptb", "--json"], in: folder).output)
      let words = inspect["task"]?["labels"]?.array?.map { $0["word"] }
      #expect(words == ["no", "yes"])
      let eval = try CommandLineRun(
        ["eval", "--prompt", "a.eptb", "--test", "b.tsv", "--json"], in: folder)
      #expect(try JSON(parsing: eval.output)["rows"] == 24)

      let fold = try CommandLineRun(["fold", "a.eptb", "-o", "small.eptb"], in: folder)
      #expect(fold.status == 0, "\(fold.errors)")
      #expect(try CommandLineRun(["fold", "a.eptb", "-o", "small.eptb"], in: folder).status == 73)
      let sizes = try ["a", "small"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).eptb")).count
      }
      #expect(sizes[1] < sizes[0])
      let input = (0..<40).map { "film number \($0) was good\n" }.joined()
      let answers = try ["a", "small"].map { name in
        try CommandLineRun(
          ["infer", "--prompt", "\(name).eptb", "--format", "jsonl"], in: folder, input: input)
      }
      // The same numbers, not only the same answers.
      #expect(answers[0].status == 0 && answers[0].output == answers[1].output)
      #expect(answers[0].output.split(separator: "\n").count == 40)
    }
  }

  @Test("Tuned, exported for PEFT, taken up again, reported on")
  func startsAndReports() throws {
    try withRows { folder in
      let rows = ["--train", "a.tsv", "--dev", "b.tsv", "--steps", "2"] + columns
      func run(_ arguments: [String]) throws -> CommandLineRun {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return run
      }
      _ = try run(
        ["tune", "--method", "pt", "--prompt-length", "4", "--init", "text:a good film"] + rows)
      _ = try run(["export", "a.eptb", "--peft", "adapter"])
      #expect(
        try CommandLineRun(["export", "a.eptb", "--peft", "adapter"], in: folder).status == 73)
      _ = try run(["tune", "--init", "peft:adapter", "--output", "ept.eptb", "--keep-last"] + rows)
      _ = try run(["tune", "--init", "bundle:ept.eptb", "--output", "on.eptb"] + rows)
      let lossy = try CommandLineRun(["export", "ept.last.eptb", "--peft", "other"], in: folder)
      #expect(lossy.status == 65 && lossy.errors.contains("low-rank pair"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/other"))

      let page = try run(["report", "on.eptb", "--test", "b.tsv"])
      #expect(page.errors.contains("wrote on.html"))
      let html = try String(contentsOfFile: "\(folder)/on.html", encoding: .utf8)
      #expect(html.contains("of 24 test rows"))
      // Without rows the page is written all the same, and says why.
      let bare = try run(["report", "on.eptb", "-o", "bare.html", "--data", "elsewhere"])
      #expect(bare.errors.contains("no confusion matrix"))

      for (start, status) in [
        ("bundle:none.eptb", 66), ("peft:none", 66), ("text:", 64), ("noise", 64),
      ] as [(String, Int32)] {
        let run = try CommandLineRun(["tune", "--init", start, "--force"] + rows, in: folder)
        #expect(run.status == status, "\(start): \(run.errors)")
      }
    }
  }

  @Test("A text beyond the limit is cut, and counted")
  func longTexts() throws {
    try withRows { folder in
      let path = "\(folder)/a.tsv"
      let long = String(repeating: "long ", count: 60)
      let rows = try String(contentsOfFile: path, encoding: .utf8)
      try (rows + "48\t\(long)\tyes\n").write(toFile: path, atomically: true, encoding: .utf8)
      let tune = try CommandLineRun(
        ["tune", "--train", "a.tsv", "--dev", "b.tsv", "--steps", "1", "--input-length", "30"]
          + columns, in: folder)
      #expect(tune.status == 0)
      #expect(tune.errors.contains("1 of 73 texts are longer than 30 tokens"), "\(tune.errors)")
    }
  }

  /// What is done to the files, what the message must contain, the status.
  @Test(
    "Bad rows: one line with file and line, nothing written",
    arguments: [
      ("b.tsv", "0\ta film\tmaybe", "b.tsv:26: unknown label \"maybe\"", 65),
      ("a.tsv", "1\ta film", "a.tsv:50: 2 columns", 65),
      ("a.tsv", "1\ta\tfilm\tyes", "a.tsv:50: 4 columns", 65),
      ("a.tsv", "1\ta film\t", "a.tsv:50: an empty label", 65),
      ("a.tsv", nil, "a.tsv has no rows", 65),
      ("b.tsv", nil, "b.tsv has no rows", 65),
      ("a.tsv", "missing", "a.tsv", 66),
      ("b.tsv", "missing", "b.tsv", 66),
    ])
  func badRows(file: String, row: String?, words: String, status: Int32) throws {
    try withRows { folder in
      let path = "\(folder)/\(file)"
      if row == "missing" {
        try FileManager.default.removeItem(atPath: path)
      } else {
        let text = try row.map { try String(contentsOfFile: path, encoding: .utf8) + $0 + "\n" }
        try (text ?? "").write(toFile: path, atomically: true, encoding: .utf8)
      }
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let run = try CommandLineRun(
        ["tune", "--train", "a.tsv", "--dev", "b.tsv", "--steps", "1"] + columns, in: folder)
      #expect(run.status == status, "\(run.errors)")
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
    }
  }

  @Test("A missing split of an official set is named")
  func missingSplit() throws {
    try withRows { folder in
      try Demonstration.copyData(to: folder)
      try FileManager.default.removeItem(atPath: "\(folder)/data/SST-2/dev.tsv")
      let run = try CommandLineRun(["tune", "--task", "sst2", "--steps", "1"], in: folder)
      #expect(run.status == 66)
      #expect(run.errors.contains("data/SST-2/dev.tsv"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/sst2.eptb"))
    }
  }

  @Test("Options that contradict each other are wrong usage")
  func usage() throws {
    try TestPaths.withTemporaryFolder { folder in
      for arguments in [
        ["--task", "sst2", "--train", "a.tsv"], ["--task", "sst2", "--dev", "b.tsv"],
        ["--task", "sst2", "--task-file", "x.json"], ["--task", "sst2", "--test", "c.tsv"],
        ["--task", "sst2", "--metric", "accuracy"],
        ["--train", "a.tsv", "--dev", "b.tsv", "--data", "d"], ["--task", "sst2", "--labels", "x"],
      ] {
        let run = try CommandLineRun(["tune"] + arguments, in: folder)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
      }
    }
  }
}
