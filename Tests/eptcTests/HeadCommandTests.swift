import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@Suite("The solved head, baselines, weights of classes and calibration, as commands")
struct HeadCommandTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      try body(folder)
    }
  }

  private func lines(of log: String) throws -> [JSON] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
  }

  @Test("Tune, eval, infer, fold, report and inspect, in int8 and f32", arguments: ["int8", "f32"])
  func everyCommand(precision: String) throws {
    try withFolder { folder in
      let tune = try CommandLineRun(
        [
          "tune", "--task", "sst2", "--method", "head", "--precision", precision, "--log",
          "run.jsonl",
        ], in: folder)
      #expect(tune.status == 0, "\(tune.errors)")
      #expect(tune.errors.contains("the head is solved (L-BFGS) for 10 strengths"))
      #expect(tune.errors.contains("strength 10/10 C=1.00e4"))
      #expect(tune.errors.contains("wrote sst2.eptb: C="))
      #expect(!tune.errors.contains("to beat"))
      let log = try lines(of: folder + "/run.jsonl")
      #expect(log.filter { $0["event"] == "step" }.count == 10)
      #expect(log.filter { $0["event"] == "evaluation" }.allSatisfy { $0["strength"] != nil })
      #expect(log.last?["event"] == "end" && log.last?["steps"] == 10)

      let run = { (arguments: [String], input: String) in
        try CommandLineRun(arguments, in: folder, input: input)
      }
      let eval = try run(["eval", "sst2.eptb", "--precision", precision, "--json"], "")
      #expect(eval.status == 0, "\(eval.errors)")
      let figures = try JSON(parsing: eval.output)
      let accuracy = try #require(figures["metric"]?["accuracy"]?.number)
      #expect(accuracy == log.last?["test"]?["accuracy"]?.number)
      #expect(try (0...1).contains(#require(figures["calibration_error"]?.number)))
      let line = try run(["eval", "sst2.eptb", "--precision", precision], "")
      #expect(line.output.contains(", calibration error "))
      let infer = try run(
        ["infer", "sst2.eptb", "--precision", precision], "a gripping film\na dull mess\n")
      #expect(infer.status == 0 && infer.output.split(separator: "\n").count == 2)
      #expect(try run(["fold", "sst2.eptb", "-o", "folded.eptb"], "").status == 0)
      let folded = try run(
        ["infer", "folded.eptb", "--precision", precision], "a gripping film\na dull mess\n")
      #expect(folded.output == infer.output)
      let report = try run(["report", "sst2.eptb", "--log", "run.jsonl"], "")
      #expect(report.status == 0, "\(report.errors)")
      let inspect = try run(["inspect", "sst2.eptb", "--json"], "")
      let settings = try JSON(parsing: inspect.output)["training"]?["settings"]
      #expect(settings?["method"] == "head" && settings?["strength"]?.number != nil)
      let quiet = try run(
        ["tune", "--task", "sst2", "--method", "head", "--quiet", "-o", "q.eptb"], "")
      #expect(quiet.errors.isEmpty && quiet.output.hasPrefix("q.eptb\taccuracy\t"))
    }
  }

  @Test("Majority and head come first, the comparison last; --no-baseline leaves both out")
  func baselines() throws {
    try withFolder { folder in
      let flags = [
        "tune", "--task", "sst2", "--steps", "8", "--batch", "4", "--prompt-length", "2",
        "--threads", "1", "--force",
      ]
      let run = try CommandLineRun(flags + ["--log", "run.jsonl"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("validation rows: majority accuracy "))
      #expect(run.errors.contains("a head on the frozen states, solved on "))
      let log = try lines(of: folder + "/run.jsonl")
      #expect(log.count { $0["event"] == "baseline" } == 1 && log[1]["event"] == "baseline")
      let comparison = try #require(log.last)
      #expect(comparison["event"] == "comparison" && comparison["rows"] == "test")
      let gain = try #require(comparison["gain"]?.number)
      let words =
        gain >= 0.0005 ? " over the head (test: accuracy " : "the head is as good as EPT"
      #expect(run.errors.contains(words), "\(run.errors)")
      let without = try CommandLineRun(
        flags + ["--no-baseline", "--log", "none.jsonl"], in: folder)
      #expect(without.status == 0 && !without.errors.contains("head on the frozen"))
      #expect(try !lines(of: folder + "/none.jsonl").contains { $0["event"] == "baseline" })
      // A baseline changes nothing of the run.
      let bytes = try ["run", "none"].map { name in
        try lines(of: "\(folder)/\(name).jsonl").filter { $0["event"] == "step" }
          .map { $0["loss"] }
      }
      #expect(bytes[0] == bytes[1])
    }
  }

  @Test("--class-weights takes balanced or a file, and says what is wrong with one")
  func classWeights() throws {
    try withFolder { folder in
      func write(_ text: String) throws {
        try text.write(toFile: folder + "/weights.txt", atomically: true, encoding: .utf8)
      }
      for method in [["--method", "head"], ["--steps", "2", "--no-baseline"]] {
        for weights in ["balanced", "weights.txt"] {
          try write("negative\t3\npositive\t1\n")
          let run = try CommandLineRun(
            ["tune", "--task", "sst2", "--class-weights", weights, "--force"] + method, in: folder)
          #expect(run.status == 0, "\(run.errors)")
        }
      }
      let inspect = try CommandLineRun(["inspect", "sst2.eptb", "--json"], in: folder)
      let settings = try JSON(parsing: inspect.output)["training"]?["settings"]
      #expect(settings?["class_weights"]?.array?.map(\.number) == [3, 1])
      try write("negative\t3\nneutral\t1\n")
      let refused = try CommandLineRun(
        ["tune", "--task", "sst2", "--class-weights", "weights.txt", "--force"], in: folder)
      #expect(refused.status == 65, "\(refused.errors)")
      #expect(refused.errors.contains("weights.txt:2: the task has no label neutral"))
      let missing = try CommandLineRun(
        ["tune", "--task", "sst2", "--class-weights", "none.txt", "--force"], in: folder)
      #expect(missing.status == 66, "\(missing.errors)")
    }
  }

  @Test("--calibrate on keeps a temperature, off keeps none, and no answer changes")
  func calibration() throws {
    try withFolder { folder in
      var answers: [String] = []
      for choice in ["on", "off"] {
        let run = try CommandLineRun(
          [
            "tune", "--task", "sst2", "--method", "head", "--calibrate", choice, "-o",
            "\(choice).eptb",
          ], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let eval = try CommandLineRun(["eval", "\(choice).eptb", "--json"], in: folder)
        answers.append(try JSON(parsing: eval.output)["confusion"]?.serialized() ?? "")
        let inspect = try CommandLineRun(["inspect", "\(choice).eptb", "--json"], in: folder)
        #expect((try JSON(parsing: inspect.output)["temperature"] != nil) == (choice == "on"))
      }
      #expect(answers[0] == answers[1])
    }
  }

  @Test("Settings of steps are refused where the head is solved")
  func refused() throws {
    try withFolder { folder in
      for (flag, value) in [
        ("--head-rate", "0.1"), ("--warm-up", "2"), ("--patience", "3"), ("--evaluate-every", "5"),
      ] {
        let run = try CommandLineRun(
          ["tune", "--task", "sst2", "--method", "head", flag, value], in: folder)
        // Whether a head is solved depends on the rows too, so this is no wrong usage by itself.
        #expect(run.status == 65, "\(run.errors)")
        #expect(run.errors.contains("\(flag) is of a head that is trained by steps"))
      }
      let bad = try CommandLineRun(["tune", "--task", "sst2", "--calibrate", "yes"], in: folder)
      #expect(bad.status == 64)
    }
  }
}
