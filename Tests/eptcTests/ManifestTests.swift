import EPTTestSupport
import Foundation
import Testing

/// `tune --manifest`: many tasks, one table.
struct ManifestTests {
  private func withModel(_ lines: [String], _ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      let rows = (0..<20).map { "\($0) \($0 % 2 == 0 ? "good" : "bad"),\($0 % 2)" }
      try Data(("text,label\n" + rows.joined(separator: "\n") + "\n").utf8)
        .write(to: URL(fileURLWithPath: folder + "/rows.csv"))
      try Data((lines.joined(separator: "\n") + "\n").utf8)
        .write(to: URL(fileURLWithPath: folder + "/tasks.jsonl"))
      try body(folder)
    }
  }

  private func tune(_ arguments: String..., in folder: String) throws -> CommandLineRun {
    try CommandLineRun(
      ["tune", "--manifest", "tasks.jsonl", "--batch", "2", "--steps", "2", "--quiet"] + arguments,
      in: folder)
  }

  /// The table without its header, in words.
  private func rows(_ run: CommandLineRun) -> [[String]] {
    run.output.split(separator: "\n").dropFirst().map { line in
      line.split(separator: " ").map(String.init)
    }
  }

  @Test("Tasks are tuned with their own flags and those for all, and one that fails stops none")
  func tasks() throws {
    let lines = [
      #"{"task": "sst2", "output": "a.eptb", "prompt_length": 3}"#, "",
      #"{"train": "nothing.csv", "output": "b.eptb"}"#,
      #"{"train": "rows.csv", "output": "c.eptb", "steps": 1, "fusion": false}"#,
      #"{"train": "rows.csv", "output": "d.eptb", "epochs": 1}"#,
    ]
    try withModel(lines) { folder in
      let run = try tune(in: folder)
      #expect(run.status == 1)
      #expect(
        rows(run).map { Array($0.prefix(2)) } == [
          ["a.eptb", "tuned"], ["b.eptb", "failed"], ["c.eptb", "tuned"], ["d.eptb", "failed"],
        ])
      #expect(run.errors.contains("b.eptb: ") && run.errors.contains("nothing.csv"))
      #expect(run.errors.contains("--epochs"))
      let inspect = try CommandLineRun(["inspect", "a.eptb", "--json"], in: folder)
      #expect(inspect.output.contains("\"prompt\": \"s=3 "), "\(inspect.output)")
      // What is there is kept, so the same command goes on where it was.
      let again = try tune(in: folder)
      #expect(rows(again).map { $0[1] } == ["kept", "failed", "kept", "failed"])
    }
  }

  @Test("A shard tunes its own lines")
  func shard() throws {
    let lines = ["a", "b", "c"].map { #"{"train": "rows.csv", "output": "\#($0).eptb"}"# }
    try withModel(lines) { folder in
      let run = try tune("--shard", "0/2", in: folder)
      #expect(run.status == 0 && rows(run).map { $0[0] } == ["a.eptb", "c.eptb"], "\(run.errors)")
      let rest = try tune("--shard", "1/2", in: folder)
      #expect(rows(rest).map { $0[0] } == ["b.eptb"])
    }
  }

  @Test(
    "A line that is no task is named",
    arguments: [
      "{", "[]", #"{"train": "rows.csv"}"#, #"{"output": "a", "manifest": "b"}"#,
      #"{"output": "a", "steps": {}}"#,
    ])
  func badLines(line: String) throws {
    try withModel([line]) { folder in
      let run = try tune(in: folder)
      #expect(run.status == 65 && run.errors.hasPrefix("eptc: tasks.jsonl:1: "), "\(run.errors)")
      let both = try tune("--task", "sst2", in: folder)
      #expect(both.status == 64)
    }
  }
}
