import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// What `tune`, `eval`, `report` and `infer` do with files of rows, and tell of their results.
struct DataCommandTests {
  /// A folder with the demonstration's backbone, 48 rows in `a.tsv` and a bundle of them.
  private func withBundle(_ flags: [String] = [], _ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      let words = [["good", "fine", "warm"], ["bad", "dull", "cold"]]
      let rows = (0..<48).map { row in
        "a \(words[row % 2][row % 3]) film\t\(row % 3 == 0 ? "no" : "yes")\n"
      }
      try write("text\tlabel\n" + rows.joined(), "a.tsv", folder)
      let tune = try CommandLineRun(
        ["tune", "--quiet", "--steps", "2", "--train", "a.tsv"] + flags, in: folder)
      try #require(tune.status == 0, "\(tune.errors)")
      try body(folder)
    }
  }

  private func write(_ text: String, _ name: String, _ folder: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }

  private func run(
    _ arguments: [String], in folder: String, input: String = ""
  ) throws -> CommandLineRun {
    let run = try CommandLineRun(arguments, in: folder, input: input)
    #expect(run.status == 0, "\(arguments): \(run.errors)")
    return run
  }

  @Test("Every format is answered as lines are, header or not")
  func inferFormats() throws {
    try withBundle { folder in
      let texts = ["a good film", "a \"dull\", cold film", "warm; but dull"]
      let plain = try run(
        ["infer", "a.eptb", "--format", "tsv"], in: folder,
        input: texts.map { $0 + "\n" }.joined()
      ).output
      #expect(plain.split(separator: "\n").count == 3)
      func quoted(_ text: String) -> String {
        "\"\(text.replacing("\"", with: "\"\""))\""
      }
      let objects = texts.map { JSON.object([JSONMember("Text", .string($0))]).serialized() }
      func lines(_ head: String, _ line: (String) -> String) -> String {
        head + texts.map { line($0) + "\n" }.joined()
      }
      let records = objects.joined(separator: "\n")
      let array = "[" + objects.joined(separator: ",\n") + "]"
      let files: [(String, String)] = [
        ("t.csv", lines("TEXT,more\n") { quoted($0) + ",x" }),
        ("h.csv", lines("") { quoted($0) }),
        ("s.csv", lines("more;text\n") { "1,5;" + quoted($0) }),
        ("t.tsv", lines("more\ttext\n") { "x\t" + $0 }),
        ("t.jsonl", records), ("t.ndjson", records), ("t.json", array),
        ("t.txt", texts.joined(separator: "\n")),
        ("f.txt", lines("") { "__label__x " + $0 }),
      ]
      for (name, text) in files {
        try write(text, name, folder)
        let found = try run(["infer", "a.eptb", "--format", "tsv", "--input", name], in: folder)
        #expect(found.output == plain, "\(name)")
        #expect(found.errors.hasPrefix("eptc: \(name): "), "\(name)")
      }
      let marked = "\u{FEFF}" + texts.joined(separator: "\n")
      let utf16: [UInt8] = marked.utf16.flatMap { unit -> [UInt8] in
        [UInt8(unit & 0xFF), UInt8(unit >> 8)]
      }
      _ = try TestPaths.write(utf16, to: "u.txt", in: folder)
      let wide = try run(["infer", "a.eptb", "--format", "tsv", "--input", "u.txt"], in: folder)
      #expect(wide.output == plain)
    }
  }

  @Test("A header that names a column twice is refused by all commands")
  func repeatedColumn() throws {
    try withBundle { folder in
      try write("text\ttext\tlabel\na\tb\tyes\n", "d.tsv", folder)
      for arguments in [
        ["tune", "--train", "d.tsv", "-o", "x.eptb"], ["eval", "a.eptb", "--test", "d.tsv"],
        ["report", "a.eptb", "--test", "d.tsv"], ["infer", "a.eptb", "--input", "d.tsv"],
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 65)
        #expect(run.errors.contains("d.tsv:1: two columns are called \"text\""), "\(run.errors)")
      }
    }
  }

  @Test("--train alone: eval draws the same held-out tenth, and knows the file when it changed")
  func heldOutTenth() throws {
    try withBundle { folder in
      let log = try run(
        ["tune", "--steps", "1", "--train", "a.tsv", "-o", "b.eptb"], in: folder
      ).errors
      #expect(
        log.contains(
          "a.tsv is split: rows that are learnt from: 40, rows that choose the best step: 4, that give "
            + "the test figure: 4"))
      let eval = try run(["eval", "a.eptb"], in: folder)
      #expect(eval.output.contains(" on 4 rows"))
      let again = try run(["eval", "-p", "a.eptb", "--data", "."], in: folder)
      #expect(again.output == eval.output)
      let text = try String(contentsOfFile: "\(folder)/a.tsv", encoding: .utf8)
      try write(text + "one more\tyes\n", "a.tsv", folder)
      let changed = try CommandLineRun(["eval", "a.eptb"], in: folder)
      #expect(changed.status == 65 && changed.errors.contains("a.tsv is not the file that a.eptb"))
    }
  }

  @Test("tune says when it halves --dev, and that a file is learnt from and judged by")
  func halving() throws {
    try withBundle { folder in
      let tune = try run(
        ["tune", "--steps", "1", "--train", "a.tsv", "--dev", "a.tsv", "--force"], in: folder)
      #expect(
        tune.errors.contains(
          "a.tsv is halved: rows that choose the best step: 24, that give the test figure: 24;"))
      #expect(tune.errors.contains("warning: --dev has the rows of --train"))
    }
  }

  @Test("eval warns of a file that was trained on, or that chose the step")
  func seenFiles() throws {
    try withBundle { folder in
      let text = try String(contentsOfFile: "\(folder)/a.tsv", encoding: .utf8)
      try write(text + "more film\tyes\nless film\tno\n", "d.tsv", folder)
      try write(text + "other film\tyes\n", "t.tsv", folder)
      _ = try run(
        ["tune", "--quiet", "--steps", "1", "--train", "a.tsv", "--dev", "d.tsv", "-o", "b.eptb"],
        in: folder)
      for (file, words) in [
        ("a.tsv", "a.tsv is the file that b.eptb was trained on"),
        ("d.tsv", "rows of d.tsv chose the step"),
        ("t.tsv", ""),
      ] {
        let eval = try run(["eval", "b.eptb", "--test", file], in: folder)
        #expect(words.isEmpty || eval.errors.contains(words))
        #expect(words.isEmpty == !eval.errors.contains("the figure is too good"))
      }
    }
  }

  @Test("tune --quiet prints path, metric and figure")
  func resultLine() throws {
    try withBundle { folder in
      let tune = try run(
        [
          "tune", "--quiet", "--steps", "1", "--train", "a.tsv", "-o", "q.eptb", "--metric",
          "f1_accuracy", "--positive", "no",
        ], in: folder)
      let words = tune.output.split(separator: "\t")
      #expect(tune.output.hasSuffix("\n") && words.count == 5)
      #expect(words[0] == "q.eptb" && words[1] == "F1" && words[3] == "accuracy")
      let eval = try run(["eval", "q.eptb"], in: folder).output
      #expect(eval.contains("F1 \(words[2]) accuracy"))
      #expect(eval.contains("positive class no"))
    }
  }

  @Test("eval: classes, confusion, errors, interval, and all of it as JSON")
  func evaluation() throws {
    try withBundle { folder in
      try write(
        "text\tlabel\na good film\tyes\na dull film\tno\nodd film\tmaybe\n", "t.tsv", folder)
      let stop = try CommandLineRun(["eval", "a.eptb", "--test", "t.tsv"], in: folder)
      #expect(stop.status == 65 && stop.errors.contains("--unknown-labels wrong"))
      let flags = [
        "eval", "a.eptb", "--test", "t.tsv", "--unknown-labels", "wrong", "--errors", "5",
      ]
      let json = try JSON(parsing: run(flags + ["--json"], in: folder).output)
      #expect(json["rows"] == 3)
      #expect(json["per_class"]?.array?.map { $0["label"] } == ["no", "yes", "maybe"])
      #expect(json["per_class"]?.array?.map { $0["support"] } == [1, 1, 1])
      let confusion = try #require(json["confusion"]?.array)
      #expect(confusion.reduce(0) { $0 + ($1["rows"]?.integer ?? 0) } == 3)
      let errors = try #require(json["errors"]?.array)
      let right = try #require(json["metric"]?["accuracy"]?.number)
      #expect(errors.count == 3 - Int((right * 3).rounded()))
      #expect(errors.contains { $0["truth"] == "maybe" && $0["texts"]?["text"] == "odd film" })
      let interval = try #require(json["interval_95"]?["accuracy"])
      #expect((interval["low"]?.number ?? 2) <= right && right <= (interval["high"]?.number ?? -2))
      let text = try run(flags + ["--per-class", "--confusion"], in: folder).output
      let lines = text.split(separator: "\n").map(String.init)
      #expect(lines[0].contains("95 % interval: accuracy "))
      #expect(lines[1] == "class  precision  recall     F1  rows" || lines[1].hasPrefix("class"))
      #expect(lines.contains { $0.hasPrefix("truth \\ answer  no  yes") })
      #expect(lines.contains("truth\tanswer\tprobability\ttext"))
    }
  }

  @Test("--reject answers none of these, --output-header names the columns")
  func rejection() throws {
    try withBundle { folder in
      let base = ["infer", "a.eptb", "--format"]
      let input = "a good film\n"
      let sure = try run(base + ["tsv", "--reject", "0"], in: folder, input: input)
      #expect(try sure.output == run(base + ["tsv"], in: folder, input: input).output)
      let none = try run(
        base + ["tsv", "--reject", "1", "--top", "2", "--output-header"], in: folder, input: input)
      let lines = none.output.split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(lines[0] == ["label", "probability", "label_2", "probability_2"])
      #expect(lines[1][0] == "none of these" && ["yes", "no"].contains(lines[1][2]))
      let object = try JSON(
        parsing: run(base + ["jsonl", "--reject", "1"], in: folder, input: input).output)
      #expect(object["label"] == "none of these")
      #expect(object["probabilities"]?.object?.map(\.key) == ["no", "yes"])
      // A threshold of its own goes before; with --reject every label may have one.
      let own = try run(
        base + ["text", "--reject", "1", "--threshold", "yes=0", "--threshold", "no=1"], in: folder,
        input: input)
      #expect(own.output == "yes\n")
      let empty = try run(base + ["tsv", "--output-header"], in: folder)
      #expect(empty.output == "label\tprobability\n")
      try write("note,text\nx,a film\n", "k.csv", folder)
      let kept = try run(
        [
          "infer", "--prompts", ".", "--format", "tsv", "--keep", "--output-header",
          "--probabilities", "--input", "k.csv",
        ], in: folder)
      #expect(
        kept.output.hasPrefix(
          "note\ta.label\ta.probability\ta.probability:no\ta.probability:yes\nx\t"))
      // No name stands twice: every command would refuse such a file.
      try write("label,input_probability,probability,text\nx,y,z,a film\n", "l.csv", folder)
      let beside = try run(
        ["infer", "a.eptb", "--format", "tsv", "--keep", "--output-header", "--input", "l.csv"],
        in: folder)
      #expect(
        beside.output.hasPrefix(
          "input_label\tinput_probability\tinput_input_probability\tlabel\tprobability\nx\ty\tz\t"))
    }
  }

  @Test("The bundle's fingerprint chooses among several .ept files")
  func fingerprint() throws {
    try withBundle { folder in
      let config = folder + "/config.json"
      let text = try String(contentsOfFile: config, encoding: .utf8)
      try write(
        text.replacing("\"use_cache\": true", with: "\"use_cache\": false"), "config.json", folder)
      _ = try run(["convert", "model.safetensors", "-o", "a-first.ept"], in: folder)
      for arguments in [["infer", "a.eptb"], ["eval", "a.eptb"], ["report", "a.eptb"]] {
        _ = try run(arguments, in: folder, input: "a film\n")
      }
      try FileManager.default.moveItem(
        atPath: folder + "/model.ept", toPath: folder + "/model.kept")
      _ = try run(["convert", "model.safetensors", "-o", "b-second.ept"], in: folder)
      let none = try CommandLineRun(["infer", "a.eptb"], in: folder, input: "a film\n")
      #expect(none.status == 66 && none.errors.contains("a-first.ept, b-second.ept"))
    }
  }

  @Test("A bundle is named alone or by --prompt, by every command")
  func bundleNames() throws {
    try withBundle { folder in
      for name in [["a.eptb"], ["--prompt", "a.eptb"], ["-p", "a.eptb"]] {
        for command in [
          ["infer"], ["eval"], ["fold", "--force", "-o", "f.eptb"], ["report", "--force"],
          ["infer", "-m", "model.ept"],
        ] {
          _ = try run(command + name, in: folder, input: "a film\n")
        }
      }
    }
  }
}
