import EPTTestSupport
import Foundation
import Testing

/// A backbone that is cut under a running process.
@Suite(.timeLimit(.minutes(15))) struct LostFileTests {
  @Test("A file cut while it is mapped ends the process with one line and status 74")
  func cutWhileMapped() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let model = folder + "/model.ept"
      let size = try TestPaths.read(model).count
      let infer = try RunningInference(in: folder)
      try infer.ask("a good film")
      try #require(FileHandle(forUpdatingAtPath: model)).truncate(atOffset: 4_096)
      try infer.ask("a bad film")
      infer.waitUntilExit()
      #expect(infer.process.terminationReason == .exit)
      #expect(infer.process.terminationStatus == 74)
      let lines = try infer.errors().split(separator: "\n")
      #expect(lines.count == 1)
      #expect(
        lines.first?.hasPrefix(
          "eptc: model.ept was cut while it was in use: 4096 of \(size) bytes are there; ") == true,
        "\(lines)")
    }
  }

  @Test("A SIGBUS that concerns no mapped file does what it always does")
  func otherSignal() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let infer = try RunningInference(in: folder)
      try infer.ask("a good film")
      kill(infer.process.processIdentifier, SIGBUS)
      infer.waitUntilExit()
      #expect(infer.process.terminationReason == .uncaughtSignal)
      #expect(infer.process.terminationStatus == SIGBUS)
    }
  }
}

/// An `eptc infer` that is asked line by line.
private struct RunningInference {
  let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errorFile: URL

  init(in folder: String) throws {
    errorFile = URL(fileURLWithPath: folder + "/errors")
    try Data().write(to: errorFile)
    process.executableURL = try CommandLineRun.tool()
    process.arguments = ["infer", "--prompt", "sst2.eptb", "--model", "model.ept"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Swift's own reporter of crashes would have the signal before the system.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
  }

  /// Sends a line and waits for its answer, or for the end of the process.
  func ask(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    while let part = try output.fileHandleForReading.read(upToCount: 1), part != Data([0x0A]) {}
  }

  func waitUntilExit() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func errors() throws -> String {
    String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
  }
}
