import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@Suite("What tune shows, and what it refuses")
struct TuneTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      try body(folder)
    }
  }

  private func tune(_ flags: [String], in folder: String) throws -> CommandLineRun {
    try CommandLineRun(
      ["tune", "--task", "sst2", "--batch", "4", "--prompt-length", "2", "--threads", "1"] + flags,
      in: folder)
  }

  @Test("The plan is printed and nothing is trained")
  func dryRun() throws {
    try withFolder { folder in
      let run = try tune(["--dry-run", "--method", "dept", "--shots", "5"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let plan = try JSON(parsing: run.output)
      #expect(plan["settings"]?["method"] == "dept")
      #expect(plan["settings"]?["precision"] == "as_stored")
      #expect(plan["rows"]?["train"] == 10)
      #expect(plan["classes"] == ["negative": 5, "positive": 5])
      #expect(plan["prompt"]?["subspaces"] == 0 && plan["prompt"]?["fusion"] == false)
      // (100 - 2) · 128 numbers of the budget; a rank costs 128 + 128.
      #expect(plan["prompt"]?["rank"] == 49)
      #expect(!FileManager.default.fileExists(atPath: folder + "/sst2.eptb"))
    }
  }

  @Test("--pooling is of an encoder's head: its checkpoint's, unless the user says another")
  func pooling() throws {
    try withFolder { folder in
      let refused = try tune(["--dry-run", "--pooling", "cls"], in: folder)
      #expect(refused.status == 65 && refused.errors.contains("--pooling"), "\(refused.errors)")
      let model = folder + "/tiny"
      try FileManager.default.copyItem(atPath: TestPaths.fixture("convert/bert"), toPath: model)
      for (stated, flags, expected) in [
        ("", [], "mean"), (#"{"pooling_mode": "lasttoken"}"#, [], "last"),
        (#"{"pooling_mode": "lasttoken"}"#, ["--pooling", "cls"], "cls"),
      ] {
        if !stated.isEmpty {
          _ = try TestPaths.write(Array(stated.utf8), to: "pooling_config.json", in: model)
        }
        #expect(try CommandLineRun(["convert", "tiny", "--force"], in: folder).status == 0)
        let run = try tune(
          ["--dry-run", "--model", "tiny.ept"] + flags, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try JSON(parsing: run.output)["settings"]?["pooling"]?.string == expected)
      }
    }
  }

  @Test("Classes, scores before the first step, a collapsed prompt: all are told")
  func collapse() throws {
    try withFolder { folder in
      // The same text in every training row: whatever is learnt, it gets one answer.
      let rows = (0..<200).map { "a film\t\($0 % 4 == 0 ? 0 : 1)" }
      try (["sentence\tlabel"] + rows).joined(separator: "\n")
        .write(toFile: folder + "/data/SST-2/train.tsv", atomically: true, encoding: .utf8)
      let run = try tune(["--steps", "4"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      // 20 of the rows are for validation.
      let counts = try #require(run.errors.firstMatch(of: #/positive (\d+) .*negative (\d+) /#))
      #expect(try #require(Int(counts.1)) + #require(Int(counts.2)) == 180)
      #expect(run.errors.contains("step 0/4  validation accuracy"))
      #expect(run.errors.contains("only one class predicted"))
      #expect(run.errors.contains("warning: every validation row got the same answer"))
    }
  }

  @Test("A run that diverges names the step and what to lower, and writes no bundle")
  func divergence() throws {
    try withFolder { folder in
      let run = try tune(
        ["--steps", "20", "--prompt-rate", "1e38", "--warm-up", "0", "--quiet"], in: folder)
      #expect(run.status == 65, "\(run.errors)")
      #expect(run.errors.hasPrefix("eptc: training diverged at step "), "\(run.errors)")
      #expect(run.errors.contains("lower --prompt-rate (now 1e+38)"))
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: folder + "/sst2.eptb"))
    }
  }

  @Test("Several seeds: mean and deviation, and the best bundle")
  func seeds() throws {
    try withFolder { folder in
      let run = try tune(
        ["--steps", "4", "--seeds", "5,6", "--shots", "8", "--log", "run.jsonl"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("seed 6 step 4/4"))
      #expect(run.errors.contains("2 seeds, mean ± sd: validation accuracy "))
      let log = try String(contentsOfFile: folder + "/run.jsonl", encoding: .utf8)
        .split(separator: "\n").map { try JSON(parsing: String($0)) }
      let ends = log.filter { $0["event"] == "end" }
      let scores = ends.compactMap { $0["validation"]?["accuracy"]?.number }
      #expect(scores.count == 2)
      let spread = try #require(log.last { $0["event"] == "seeds" }?["validation"]?["accuracy"])
      let mean = try #require(spread["mean"]?.number)
      #expect(abs(mean - (scores[0] + scores[1]) / 2) < 1e-9)
      // Of two numbers the deviation is their distance over the root of 2.
      let deviation = try #require(spread["sd"]?.number)
      #expect(abs(deviation - abs(scores[0] - scores[1]) / 2.0.squareRoot()) < 1e-9)
      let bundle = try CommandLineRun(["inspect", "sst2.eptb", "--json"], in: folder)
      let training = try #require(try JSON(parsing: bundle.output)["training"])
      #expect(training["validation"]?["accuracy"]?.number == scores.max())
    }
  }

  @Test("int8 and f32 both learn, and a run goes on only in its own")
  func precision() throws {
    try withFolder { folder in
      for precision in ["int8", "f32"] {
        let run = try tune(
          [
            "--steps", "3", "--precision", precision, "--output", "\(precision).eptb",
            "--log", "\(precision).jsonl",
          ], in: folder)
        #expect(run.status == 0, "\(run.errors)")
      }
      let losses = try ["int8", "f32"].map { precision in
        try String(contentsOfFile: "\(folder)/\(precision).jsonl", encoding: .utf8)
          .split(separator: "\n").map { try JSON(parsing: String($0)) }
          .filter { $0["event"] == "step" }.compactMap { $0["loss"]?.number }
      }
      #expect(losses[0].count == 3 && losses[0] != losses[1])
      for (whole, exact) in zip(losses[0], losses[1]) { #expect(abs(whole - exact) < 0.2) }
    }
  }

  @Test("Flags that cannot work are refused before any work")
  func badFlags() throws {
    try withFolder { folder in
      for (flags, clue) in [
        (["--method", "pt", "--rank", "3"], "--rank does not go with method pt"),
        (["--method", "lora"], "--method"), (["--schedule", "step"], "--schedule"),
        (["--seeds", "1,1"], "--seeds"), (["--shots", "0"], "--shots must be"),
        (["--accumulate", "0"], "--accumulate must be"),
        (["--checkpoint-every", "0"], "--checkpoint-every must be"),
      ] {
        let run = try CommandLineRun(["tune", "--task", "sst2"] + flags, in: folder)
        #expect(run.status == 64, "\(flags): \(run.errors)")
        #expect(run.errors.contains(clue), "\(run.errors)")
      }
    }
  }
}
