import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// Numbers, several labels and texts apart, through all commands.
struct ReadoutCommandTests {
  private static let words = ["good", "bad", "film"]
  private static let sizes = [
    "--steps", "6", "--input-length", "12", "--prompt-length", "2", "--rank", "1", "--subspaces",
    "2", "--model", "model.ept",
  ]

  /// A folder with a tiny BERT and rows of every kind.
  private func withRows(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: TestPaths.fixture("convert/bert"), toPath: folder + "/bert")
      let convert = try CommandLineRun(
        ["convert", "bert", "-o", "model.ept", "--encoding", "f32"], in: folder)
      #expect(convert.status == 0, "\(convert.errors)")
      func write(_ name: String, _ lines: [String]) throws {
        try lines.map { $0 + "\n" }.joined()
          .write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      func text(_ row: Int, _ count: Int = 4) -> String {
        (0..<count).map { Self.words[(row >> $0) % 3] }.joined(separator: " ")
      }
      let rows = 0..<60
      try write(
        "number.tsv",
        ["text\tlabel"] + rows.map { "\(text($0))\t\(Double($0 % 7) * 12.5 - 20)" })
      try write(
        "similar.tsv",
        ["sentence1\tsentence2\tlabel"]
          + rows.map { "\(text($0))\t\(text($0 * 5, 3))\t\(Double($0 % 6) / 2)" })
      try write(
        "pair.tsv",
        ["sentence1\tsentence2\tlabel"]
          + rows.map { "\(text($0))\t\(text($0 * 5, 3))\t\(["no", "yes"][$0 % 2])" })
      let sets = [#""good""#, "", #""good","bad""#, #""bad""#]
      try write(
        "topics.jsonl", rows.map { #"{"text": "\#(text($0))", "label": [\#(sets[$0 % 4])]}"# })
      try write(
        "topics.csv", ["text,label"] + rows.map { "\(text($0)),\"\(["a", "a;b", ""][$0 % 3])\"" })
      try body(folder)
    }
  }

  private func tune(
    _ file: String, _ arguments: [String] = [], in folder: String
  ) throws -> CommandLineRun {
    let run = try CommandLineRun(
      ["tune", "--train", file, "--force"] + Self.sizes + arguments, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  @Test("Each read-out is tuned, shown, folded, scored, reported, and answers in one stream")
  func everyCommand() throws {
    try withRows { folder in
      _ = try tune("number.tsv", ["--metric", "mse", "-o", "number.eptb"], in: folder)
      _ = try tune(
        "similar.tsv", ["--metric", "pearson_spearman", "-o", "similar.eptb"], in: folder)
      _ = try tune("topics.jsonl", ["-o", "topics.eptb"], in: folder)
      _ = try tune("pair.tsv", ["--pair", "apart", "-o", "pair.eptb"], in: folder)
      let names = ["number", "similar", "topics", "pair"]
      let figures = ["MSE", "Pearson", "micro F1", "accuracy"]
      for (name, figure) in zip(names, figures) {
        let inspect = try CommandLineRun(["inspect", "\(name).eptb", "--verify"], in: folder)
        #expect(inspect.status == 0 && inspect.output.contains("readout: "), "\(inspect.output)")
        let eval = try CommandLineRun(
          ["eval", "\(name).eptb", "--per-class", "--errors", "3"], in: folder)
        #expect(eval.status == 0 && eval.output.contains("\(figure) "), "\(eval.errors)")
        let json = try JSON(
          parsing: CommandLineRun(["eval", "\(name).eptb", "--json"], in: folder).output)
        #expect(json["metric"]?[figure]?.number != nil)
        let report = try CommandLineRun(["report", "\(name).eptb"], in: folder)
        #expect(report.status == 0, "\(report.errors)")
        let confusion = try CommandLineRun(["eval", "\(name).eptb", "--confusion"], in: folder)
        #expect(confusion.status == (name == "pair" ? 0 : 65))
        let fold = try CommandLineRun(
          ["fold", "\(name).eptb", "-o", "small.eptb", "--force"], in: folder)
        #expect(fold.status == 0, "\(fold.errors)")
        let same = try CommandLineRun(["eval", "small.eptb", "--json"], in: folder)
        #expect(try JSON(parsing: same.output)["metric"] == json["metric"])
      }
      let lines = [
        #"{"text": "good film", "task": "number"}"#,
        #"{"sentence1": "good", "sentence2": "bad film", "task": "similar"}"#,
        #"{"text": "good film", "task": "topics"}"#,
        #"{"sentence1": "good", "sentence2": "bad film", "task": "pair"}"#,
      ]
      let prompts = names.flatMap { ["-p", "\($0).eptb"] }
      let mixed = try CommandLineRun(
        ["infer", "--input-format", "jsonl", "--format", "jsonl"] + prompts, in: folder,
        input: lines.joined(separator: "\n"))
      #expect(mixed.status == 0, "\(mixed.errors)")
      let answers = try mixed.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
      try #require(answers.count == 4)
      #expect(answers[0]["answers"]?["number"]?["number"]?.number != nil)
      #expect(answers[1]["answers"]?["similar"]?["number"]?.number != nil)
      #expect(answers[2]["answers"]?["topics"]?["labels"]?.array != nil)
      #expect(answers[3]["answers"]?["pair"]?["label"]?.string != nil)
      // Alone each says the same.
      for (index, name) in names.enumerated() {
        let alone = try CommandLineRun(
          ["infer", "\(name).eptb", "--input-format", "jsonl", "--format", "jsonl"], in: folder,
          input: lines[index])
        let json = try JSON(parsing: alone.output)
        if let number = json["number"]?.number {
          let other = try #require(answers[index]["answers"]?[name]?["number"]?.number)
          #expect(abs(number - other) < 1e-3)
        } else {
          for key in ["label", "labels"] {
            #expect(json[key] == answers[index]["answers"]?[name]?[key])
          }
        }
      }
    }
  }

  @Test func columnsAndHeaders() throws {
    try withRows { folder in
      _ = try tune("number.tsv", ["--metric", "mse", "-o", "number.eptb"], in: folder)
      let tuned = try tune(
        "topics.csv", ["--label-separator", ";", "-o", "topics.eptb"], in: folder)
      #expect(!tuned.errors.contains("one label a row"))
      let text = try CommandLineRun(
        ["infer", "number.eptb"], in: folder, input: "good film\nbad\n")
      #expect(text.output.split(separator: "\n").compactMap { Double($0) }.count == 2)
      let both = try CommandLineRun(
        [
          "infer", "-p", "number.eptb", "-p", "topics.eptb", "--format", "tsv", "--output-header",
          "--probabilities", "--threshold", "a=0", "--threshold", "b=0",
        ], in: folder, input: "good film\n")
      let lines = both.output.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
      try #require(lines.count == 2, "\(both.errors)")
      #expect(
        lines[0] == [
          "number.number", "topics.labels", "topics.probability:a", "topics.probability:b",
        ])
      #expect(lines[1].count == 4 && Double(lines[1][0]) != nil && lines[1][1] == "a;b")
      let none = try CommandLineRun(
        ["infer", "topics.eptb", "--threshold", "a=1", "--threshold", "b=1", "--format", "jsonl"],
        in: folder, input: "good film\n")
      #expect(none.output.hasPrefix(#"{"labels":[],"#))
      let threshold = try CommandLineRun(
        ["infer", "number.eptb", "--threshold", "a=1"], in: folder, input: "a\n")
      #expect(threshold.status != 0 && threshold.errors.contains("numbers, not labels"))
      let kept = try CommandLineRun(
        ["infer", "number.eptb", "--input-format", "jsonl", "--format", "jsonl", "--keep"],
        in: folder, input: #"{"text": "a", "number": 7}"#)
      #expect(kept.output.contains(#""input_number":7"#))
    }
  }

  @Test("auto trains both ways and keeps the better one by validation")
  func auto() throws {
    try withRows { folder in
      let run = try tune(
        "pair.tsv", ["--pair", "auto", "-o", "pair.eptb", "--log", "log.jsonl"], in: folder)
      #expect(run.errors.contains("texts joined: ") && run.errors.contains("texts apart: "))
      let log = try String(contentsOfFile: folder + "/log.jsonl", encoding: .utf8)
      let ends = try log.split(separator: "\n").map { try JSON(parsing: String($0)) }
        .filter { $0["event"] == "end" }
      #expect(ends.map { $0["pair"] } == ["joined", "apart"])
      try #require(ends.count == 2)
      let scores = ends.map { $0["validation"]?["accuracy"]?.number ?? 0 }
      let inspect = try CommandLineRun(["inspect", "pair.eptb"], in: folder)
      #expect(inspect.output.contains("two texts apart") == (scores[1] > scores[0]))
      // A task of one text has one way.
      let one = try tune(
        "number.tsv", ["--metric", "mse", "--pair", "auto", "-o", "number.eptb"], in: folder)
      #expect(!one.errors.contains("texts apart"))
    }
  }

  @Test func whatDoesNotFitIsRefusedInOneLine() throws {
    try withRows { folder in
      try Demonstration.copyCheckpoint(to: folder)
      #expect(
        try CommandLineRun(["convert", "model.safetensors", "-o", "t5.ept"], in: folder).status
          == 0)
      let pairs: [([String], String)] = [
        (["--train", "number.tsv"], "--metric pearson_spearman or mse"),
        (["--train", "pair.tsv", "--metric", "mse"], "is no number"),
        (["--train", "number.tsv", "--metric", "mse", "--pair", "apart"], "two texts"),
        (["--train", "number.tsv", "--metric", "mse", "--shots", "2"], "--shots"),
        (["--train", "number.tsv", "--metric", "mse", "--model", "t5.ept"], "decoder"),
        (["--train", "topics.jsonl", "--model", "t5.ept"], "decoder"),
        (["--train", "pair.tsv", "--pair", "apart", "--model", "t5.ept"], "--pair"),
        (["--train", "topics.jsonl", "--metric", "matthews"], "matthews"),
        (["--task", "sst2", "--multi-label"], "--multi-label"),
      ]
      for (arguments, words) in pairs {
        let model = arguments.contains("--model") ? [] : ["--model", "model.ept"]
        let run = try CommandLineRun(
          ["tune", "--steps", "1", "-o", "o.eptb", "--quiet"] + arguments + model, in: folder)
        #expect(run.status != 0 && run.errors.contains(words), "\(arguments): \(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/o.eptb"))
      }
    }
  }
}
