import EPTTestSupport
import Foundation
import Testing

/// `infer --output` and `--shard`: many processes, one input.
struct ShardTests {
  private func withTask(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let lines = (0..<25).map { "a film with \($0) stories" }
      try Data((lines.joined(separator: "\n") + "\n").utf8)
        .write(to: URL(fileURLWithPath: folder + "/lines.txt"))
      try body(folder)
    }
  }

  private func infer(
    _ arguments: String..., in folder: String, environment: [String: String] = [:]
  ) throws -> CommandLineRun {
    try CommandLineRun(
      ["infer", "sst2.eptb", "--format", "tsv", "--batch", "1", "--input", "lines.txt"]
        + arguments, in: folder, environment: environment)
  }

  private func text(_ name: String, in folder: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
  }

  @Test("Shards together have every record once, in order")
  func parts() throws {
    try withTask { folder in
      let whole = try infer(in: folder).output.split(separator: "\n")
      #expect(whole.count == 25)
      for index in 0..<4 {
        let run = try infer(
          "--output", "answers.tsv", "--shard", "\(index)/4", "--quiet", in: folder)
        #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty, "\(run.errors)")
        let part = try text("answers-0000\(index)-of-00004.tsv", in: folder)
        let expected = stride(from: index, to: 25, by: 4).map { whole[$0] }
        #expect(part.split(separator: "\n") == expected)
      }
    }
  }

  @Test(
    "A finished shard is skipped; an unfinished one and, with --force, a finished one are made again"
  )
  func finished() throws {
    try withTask { folder in
      let name = "answers-00001-of-00002.tsv"
      func run(_ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "infer", "sst2.eptb", "--input", "lines.txt", "--output", "answers.tsv", "--shard",
            "1/2",
          ] + more, in: folder)
      }
      #expect(try run().status == 0)
      let answers = try text(name, in: folder)
      #expect(try text(name + ".done", in: folder).contains("\"records\":12"))
      let skipped = try run()
      #expect(skipped.status == 0)
      #expect(skipped.errors == "eptc: \(name) is finished (12 records); skipped\n")
      // Killed between the answers and their marker.
      try FileManager.default.removeItem(atPath: "\(folder)/\(name).done")
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      #expect(try run().status == 0)
      #expect(try text(name, in: folder) == answers)
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      #expect(try run("--force").status == 0)
      #expect(try text(name, in: folder) == answers)
      // Answers of something else are not taken for these.
      try FileManager.default.copyItem(
        atPath: folder + "/lines.txt", toPath: folder + "/other.txt")
      let other = try CommandLineRun(
        [
          "infer", "sst2.eptb", "--input", "other.txt", "--output", "answers.tsv", "--shard", "1/2",
        ], in: folder)
      #expect(other.status == 73 && other.errors.contains("another run"), "\(other.errors)")
    }
  }

  @Test("Schedulers tell which shard a process is")
  func environment() throws {
    try withTask { folder in
      let whole = try infer(in: folder).output.split(separator: "\n")
      for (argument, environment, place) in [
        ("auto/5", ["JOB_COMPLETION_INDEX": "2"], 2),
        ("auto/5", ["SLURM_ARRAY_TASK_ID": "3"], 3),
        ("auto/5", ["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MIN": "1"], 2),
        (
          "auto",
          [
            "SLURM_ARRAY_TASK_ID": "40", "SLURM_ARRAY_TASK_MIN": "10",
            "SLURM_ARRAY_TASK_STEP": "10",
            "SLURM_ARRAY_TASK_COUNT": "5",
          ], 3
        ),
      ] as [(String, [String: String], Int)] {
        let run = try infer("--shard", argument, in: folder, environment: environment)
        let expected = stride(from: place, to: 25, by: 5).map { whole[$0] }
        #expect(run.output.split(separator: "\n") == expected, "\(run.errors)")
      }
      for (argument, environment) in [
        ("auto/5", [:]), ("auto/5", ["SLURM_ARRAY_TASK_ID": "5"]),
        ("auto", ["SLURM_ARRAY_TASK_ID": "1"]), ("5/5", [:]), ("-1/5", [:]), ("1/0", [:]),
        ("1", [:]), ("a/b", [:]), ("1/2/3", [:]), ("0/100000", [:]),
      ] as [(String, [String: String])] {
        let run = try infer("--shard=\(argument)", in: folder, environment: environment)
        #expect(run.status == 64, "\(argument): \(run.errors)")
      }
    }
  }

  @Test("A shard counts records, not lines, and stops at its own bad records only")
  func records() throws {
    try withTask { folder in
      let input = "sentence\nx\ta\na film\nx\ta\na meal\n"
      func run(_ shard: String) throws -> CommandLineRun {
        try CommandLineRun(
          ["infer", "sst2.eptb", "--input-format", "tsv", "--shard", shard], in: folder,
          input: input)
      }
      let good = try run("1/2")
      #expect(good.status == 0 && good.output.split(separator: "\n").count == 2)
      let bad = try run("0/2")
      #expect(bad.status == 65 && bad.errors.hasPrefix("eptc: stdin:2: "), "\(bad.errors)")
    }
  }

  @Test("A file appears when it is whole, and is not replaced unasked")
  func output() throws {
    try withTask { folder in
      let whole = try infer(in: folder)
      let file = try infer("--output", "answers.tsv", in: folder)
      #expect(file.status == 0 && file.output.isEmpty)
      #expect(try text("answers.tsv", in: folder) == whole.output)
      let again = try infer("--output", "answers.tsv", in: folder)
      #expect(again.status == 73 && again.errors.contains("--force"), "\(again.errors)")
      #expect(try infer("--output", "answers.tsv", "--force", in: folder).status == 0)
      let bad = try CommandLineRun(
        ["infer", "sst2.eptb", "--input-format", "jsonl", "--output", "bad.tsv"], in: folder,
        input: "{\"sentence\":\"a\"}\n[]\n")
      #expect(bad.status == 65)
      #expect(!FileManager.default.fileExists(atPath: folder + "/bad.tsv"))
      let same = try infer("--output", "lines.txt", "--force", in: folder)
      #expect(same.status == 73, "\(same.errors)")
    }
  }
}
