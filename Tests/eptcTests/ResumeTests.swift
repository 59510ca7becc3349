import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@Suite("Training that is killed goes on to the same file", .timeLimit(.minutes(15)))
struct ResumeTests {
  private let flags = [
    "tune", "--task", "sst2", "--steps", "60", "--batch", "8", "--evaluate-every", "20",
    "--prompt-length", "4", "--input-length", "24", "--threads", "1",
  ]

  /// A folder with the demonstration's backbone and data.
  private func withFolder(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      try body(folder)
    }
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// The log's lines of one event.
  private func lines(_ event: String, of log: String) throws -> [JSON] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: String($0)) }.filter { $0["event"] == .string(event) }
  }

  /// Starts `arguments` and kills the process (SIGKILL) once its log tells of `step`.
  private func kill(_ arguments: [String], in folder: String, log: String, at step: Int) throws {
    let process = Process()
    process.executableURL = try CommandLineRun.tool()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let clue = "\"event\":\"step\",\"seed\":42,\"step\":\(step),"
    while process.isRunning {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if text.contains(clue) { break }
      usleep(2_000)
    }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
  }

  @Test("kill -9 at three random steps of one run, then the same bytes as an unbroken one")
  func killedThrice() throws {
    try withFolder { folder in
      let unbroken = try CommandLineRun(
        flags + ["--output", "a.eptb", "--keep-last", "--log", "a.jsonl"], in: folder)
      #expect(unbroken.status == 0, "\(unbroken.errors)")
      let broken =
        flags + [
          "--output", "b.eptb", "--keep-last", "--log", "b.jsonl", "--resume",
          "--checkpoint-every", "3",
        ]
      let steps = [Int.random(in: 2...18), Int.random(in: 19...38), Int.random(in: 39...55)]
      for step in steps {
        try kill(broken, in: folder, log: folder + "/b.jsonl", at: step)
        #expect(!FileManager.default.fileExists(atPath: folder + "/b.eptb"))
        #expect(FileManager.default.fileExists(atPath: folder + "/b.eptb.checkpoint"))
      }
      let last = try CommandLineRun(broken, in: folder)
      #expect(last.status == 0, "killed at \(steps): \(last.errors)")
      #expect(last.errors.contains("going on after step"))
      for name in ["", ".last"] {
        #expect(
          try bytes("\(folder)/a\(name).eptb") == bytes("\(folder)/b\(name).eptb"),
          "killed at \(steps)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/b.eptb.checkpoint"))
      // The log has each step once, with the losses of the unbroken run.
      let losses = try ["a", "b"].map { name in
        try lines("step", of: "\(folder)/\(name).jsonl").map { [$0["step"], $0["loss"]] }
      }
      #expect(losses[0].count == 60 && losses[0] == losses[1])
      #expect(try lines("evaluation", of: folder + "/b.jsonl").count == 4)
      #expect(try lines("end", of: folder + "/b.jsonl").count == 1)
    }
  }

  @Test("Ctrl-C, then --resume: the same bytes again")
  func interrupted() throws {
    try withFolder { folder in
      let whole = try CommandLineRun(flags + ["--output", "a.eptb"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let process = Process()
      process.executableURL = try CommandLineRun.tool()
      process.arguments = flags + ["--output", "b.eptb", "--log", "b.jsonl"]
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardError = FileHandle.nullDevice
      try process.run()
      while process.isRunning, (try? lines("step", of: folder + "/b.jsonl"))?.isEmpty ?? true {
        usleep(2_000)
      }
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      let resumed = try CommandLineRun(flags + ["--output", "b.eptb", "--resume"], in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try bytes(folder + "/a.eptb") == bytes(folder + "/b.eptb"))
    }
  }

  @Test("An unfinished run is neither forgotten nor mixed with another")
  func guarded() throws {
    try withFolder { folder in
      let arguments = flags + ["--output", "b.eptb"]
      try kill(arguments + ["--log", "b.jsonl"], in: folder, log: folder + "/b.jsonl", at: 3)
      let again = try CommandLineRun(arguments, in: folder)
      #expect(again.status == 73)
      #expect(
        again.errors.contains("b.eptb.checkpoint holds an unfinished run; go on with --resume"))
      let other = try CommandLineRun(arguments + ["--resume", "--seed", "7"], in: folder)
      #expect(other.status == 65)
      #expect(other.errors.contains("is of another run: its seeds is"), "\(other.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/b.eptb"))
      let inspect = try CommandLineRun(["inspect", "b.eptb.checkpoint", "--json"], in: folder)
      #expect(try JSON(parsing: inspect.output)["kind"] == "checkpoint")
      let infer = try CommandLineRun(["infer", "--prompt", "b.eptb.checkpoint"], in: folder)
      #expect(infer.status == 65 && infer.errors.contains("tune --resume"), "\(infer.errors)")
      let forced = try CommandLineRun(arguments + ["--force", "--seed", "7"], in: folder)
      #expect(forced.status == 0, "\(forced.errors)")
      // With nothing to go on with, --resume starts.
      let fresh = try CommandLineRun(flags + ["--output", "c.eptb", "--resume"], in: folder)
      #expect(fresh.status == 0, "\(fresh.errors)")
    }
  }
}
