import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// Tags of words, through all commands.
struct TagCommandTests {
  private static let sizes = [
    "--steps", "12", "--input-length", "16", "--model", "model.ept", "--force",
  ]

  private func withRows(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: TestPaths.fixture("convert/bert"), toPath: folder + "/bert")
      for (name, encoding) in [("model.ept", "f32"), ("int8.ept", "q8")] {
        let convert = try CommandLineRun(
          ["convert", "bert", "-o", name, "--encoding", encoding], in: folder)
        #expect(convert.status == 0, "\(convert.errors)")
      }
      func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      var (jsonl, conll, mood) = ("", "-DOCSTART- O\n\n", "text\tlabel\n")
      for row in 0..<60 {
        let words = (0..<4).map { ["good", "bad", "film"][(row >> $0) % 3] }
        let tags = words.map { ["good": "B-GOOD", "bad": "B-BAD"][$0] ?? "O" }
        func list(_ texts: [String]) -> String {
          "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
        jsonl += "{\"tokens\": \(list(words)), \"tags\": \(list(tags))}\n"
        conll += zip(words, tags).map { "\($0) _ \($1)\n" }.joined() + "\n"
        mood += "\(words.joined(separator: " "))\t\(["x", "y"][row % 2])\n"
      }
      try write("tags.jsonl", jsonl)
      try write("tags.conll", conll)
      try write("mood.tsv", mood)
      try body(folder)
    }
  }

  @Test("Tags are tuned, shown, folded, scored, reported and answered, in f32 and int8")
  func everyCommand() throws {
    try withRows { folder in
      for arguments in [
        ["--train", "tags.jsonl"],
        ["--train", "tags.conll", "--method", "head"],
        ["--train", "tags.jsonl", "--method", "pt", "--prompt-length", "2"],
      ] {
        let tune = try CommandLineRun(
          ["tune", "-o", "ner.eptb"] + Self.sizes + arguments, in: folder)
        #expect(tune.status == 0 && tune.errors.contains("entity F1"), "\(tune.errors)")
        let inspect = try CommandLineRun(["inspect", "ner.eptb", "--verify"], in: folder)
        #expect(inspect.status == 0 && inspect.output.contains("a tag a word"), "\(inspect.output)")
        let eval = try CommandLineRun(
          ["eval", "ner.eptb", "--model", "model.ept", "--per-class", "--errors", "3"],
          in: folder)
        #expect(
          eval.status == 0 && eval.output.contains("entity F1 ") && eval.output.contains("GOOD"),
          "\(eval.errors)")
        let json = try JSON(
          parsing: CommandLineRun(
            ["eval", "ner.eptb", "--json", "--model", "model.ept"], in: folder
          ).output)
        #expect(json["metric"]?["entity F1"]?.number != nil)
        let rows = try CommandLineRun(
          ["eval", "ner.eptb", "--test", "tags.conll", "--model", "int8.ept"], in: folder)
        #expect(rows.status == 0 && rows.output.contains("on 60 rows"), "\(rows.errors)")
        let report = try CommandLineRun(
          ["report", "ner.eptb", "--force", "--model", "model.ept"], in: folder)
        #expect(report.status == 0, "\(report.errors)")
        let page = try String(contentsOfFile: folder + "/ner.html", encoding: .utf8)
        #expect(page.contains("Entities of the test rows") && page.contains("<td>GOOD</td>"))
        let refusals = [("eval", ["--confusion"]), ("qualify", ["--reference", "model.ept"])]
        for (command, flags) in refusals {
          let refused = try CommandLineRun(
            [command, "ner.eptb", "--model", "int8.ept"] + flags, in: folder)
          #expect(refused.status == 65, "\(refused.errors)")
        }
        let fold = try CommandLineRun(
          ["fold", "ner.eptb", "-o", "small.eptb", "--force"], in: folder)
        #expect(fold.status == 0, "\(fold.errors)")
        let same = try CommandLineRun(
          ["eval", "small.eptb", "--json", "--model", "model.ept"], in: folder)
        #expect(try JSON(parsing: same.output)["metric"] == json["metric"])
      }
    }
  }

  @Test("Plain text, JSON and columns are answered, alone and in a mixed stream")
  func answers() throws {
    try withRows { folder in
      for (file, name) in [("tags.jsonl", "ner"), ("mood.tsv", "mood")] {
        let tune = try CommandLineRun(
          ["tune", "--train", file, "-o", "\(name).eptb", "--head-rate", "0.1"] + Self.sizes,
          in: folder)
        #expect(tune.status == 0, "\(tune.errors)")
      }
      func infer(_ arguments: [String], _ input: String) throws -> [String] {
        let run = try CommandLineRun(
          ["infer", "--model", "model.ept"] + arguments, in: folder, input: input)
        #expect(run.status == 0, "\(run.errors)")
        return run.output.split(separator: "\n").map(String.init)
      }
      let text = "good, bad film!"
      let sequence = try infer(["ner.eptb"], text + "\n")[0]
      let words = sequence.split(separator: " ").map { $0.split(separator: "/") }
      #expect(words.map { $0[0] } == ["good", ",", "bad", "film", "!"])
      let tags = words.map { String($0[1]) }
      let plain = try JSON(
        parsing: infer(["ner.eptb", "--format", "jsonl"], text + "\n")[0])
      let spans = try #require(plain["spans"]?.array)
      #expect(spans.count == tags.count { $0 != "O" })
      let scalars = Array(text.unicodeScalars)
      for span in spans {
        let (start, end) = try (
          #require(span["start"]?.integer), #require(span["end"]?.integer)
        )
        var part = ""
        part.unicodeScalars.append(contentsOf: scalars[start..<end])
        #expect(span["text"]?.string == part && span["label"]?.string != nil)
        #expect(span["probability"]?.number != nil)
      }
      let lines = [
        #"{"text": "good, bad film!", "task": "ner"}"#,
        #"{"tokens": ["good", ",", "bad", "film", "!"], "task": "ner", "id": 1}"#,
        #"{"text": "good film", "task": "mood"}"#,
      ]
      let mixed = try infer(
        ["-p", "ner.eptb", "-p", "mood.eptb", "--input-format", "jsonl", "--format", "jsonl"],
        lines.joined(separator: "\n")
      ).map { try JSON(parsing: $0) }
      try #require(mixed.count == 3)
      let first = try #require(mixed[0]["answers"]?["ner"]?["spans"]?.array)
      #expect(first.map { $0["start"] } == spans.map { $0["start"] })
      // The same words have the same tags; their text has blanks between.
      let second = try #require(mixed[1]["answers"]?["ner"]?["spans"]?.array)
      #expect(second.map { $0["text"] } == first.map { $0["text"] })
      #expect(mixed[2]["answers"]?["mood"]?["label"]?.string != nil)
      let columns = try infer(
        ["ner.eptb", "--input-format", "conll", "--format", "tsv", "--output-header"],
        "good\n,\nbad\nfilm\n!\n\nfilm O\n")
      #expect(columns.count == 3 && columns[0] == "tags" && columns[1] == sequence)
      let broken = try CommandLineRun(
        ["infer", "ner.eptb", "--model", "model.ept", "--input-format", "jsonl"], in: folder,
        input: #"{"tokens": ["a", 1]}"#)
      #expect(broken.status == 65 && broken.errors.contains(":1: \"tokens\" is 1"))
      let threshold = try CommandLineRun(
        ["infer", "ner.eptb", "--model", "model.ept", "--threshold", "B-GOOD=0.5"], in: folder,
        input: "a\n")
      #expect(threshold.status != 0 && threshold.errors.contains("tags"))
    }
  }

  @Test func whatDoesNotFitIsRefusedInOneLine() throws {
    try withRows { folder in
      try Demonstration.copyCheckpoint(to: folder)
      #expect(
        try CommandLineRun(["convert", "model.safetensors", "-o", "t5.ept"], in: folder).status
          == 0)
      let long =
        #"{"tokens": ["a"], "tags": ["B-X"]}"# + "\n"
        + #"{"tokens": ["a", "b"], "tags": ["O", "B-X", "O"]}"# + "\n"
      try long.write(toFile: folder + "/long.jsonl", atomically: true, encoding: .utf8)
      let cases: [([String], String)] = [
        (["--train", "tags.jsonl", "--model", "t5.ept"], "tags of words need an encoder's head"),
        (["--train", "long.jsonl"], "long.jsonl:2: \"tags\" has 3 tags for the 2 words"),
        (["--train", "tags.jsonl", "--metric", "matthews"], "matthews"),
        (["--train", "mood.tsv", "--metric", "entity_f1"], "entity_f1"),
        (["--train", "tags.jsonl", "--pooling", "cls"], "--pooling"),
        (["--train", "tags.jsonl", "--shots", "2"], "--shots"),
      ]
      for (arguments, words) in cases {
        let model = arguments.contains("--model") ? [] : ["--model", "model.ept"]
        let run = try CommandLineRun(
          ["tune", "--steps", "1", "-o", "o.eptb", "--quiet"] + arguments + model, in: folder)
        #expect(run.status != 0 && run.errors.contains(words), "\(arguments): \(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/o.eptb"))
      }
      let head = try CommandLineRun(
        [
          "tune", "--train", "tags.jsonl", "--method", "head", "--steps", "2", "-o", "t5.eptb",
          "--model", "t5.ept",
        ], in: folder)
      #expect(head.status == 0, "\(head.errors)")
    }
  }
}
