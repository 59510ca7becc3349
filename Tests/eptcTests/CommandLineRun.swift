import EPTTestSupport
import Foundation
import Testing

/// One run of the built tool.
struct CommandLineRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `eptc` with `arguments` in `folder` until it ends, or another `executable`.
  init(
    executable: URL? = nil, _ arguments: [String], in folder: String, input: String = "",
    environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = try executable ?? Self.tool()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment
    for name in ["EPT_MODEL", "EPT_DATA"] { variables[name] = nil }
    process.environment = variables.merging(environment) { $1 }
    // Through files: a pipe that nobody empties would stop a run with much to say.
    let files = try ["in", "out", "err"].map { name -> URL in
      let url = FileManager.default.temporaryDirectory
        .appendingPathComponent("eptc-run-\(UUID().uuidString).\(name)")
      try Data((name == "in" ? input : "").utf8).write(to: url)
      return url
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
  }

  /// The executable that was built together with the tests.
  static func tool() throws -> URL {
    let runner = try #require(CommandLine.arguments.first)
    let url = URL(fileURLWithPath: runner).deletingLastPathComponent()
      .appendingPathComponent("eptc")
    try #require(FileManager.default.isExecutableFile(atPath: url.path), "no eptc beside \(runner)")
    return url
  }
}

/// The demonstration's backbone and task, laid out as a user has them.
enum Demonstration {
  private static let model = TestPaths.fixture("demo/model")

  /// Copies the checkpoint into `folder`.
  static func copyCheckpoint(to folder: String) throws {
    for name in ["model.safetensors", "config.json", "tokenizer.json"] {
      try FileManager.default.copyItem(atPath: "\(model)/\(name)", toPath: "\(folder)/\(name)")
    }
  }

  /// Copies the checkpoint and the task's data, converts, and tunes for a few steps.
  static func prepare(_ folder: String, steps: Int = 2) throws {
    try copyCheckpoint(to: folder)
    try copyData(to: folder)
    #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
    let tune = try CommandLineRun(
      ["tune", "--task", "sst2", "--steps", "\(steps)", "--threads", "2"], in: folder)
    #expect(tune.status == 0, "\(tune.errors)")
  }

  /// Copies the task's data to where a command without `--data` looks.
  static func copyData(to folder: String) throws {
    try FileManager.default.copyItem(
      atPath: TestPaths.fixture("demo/data"), toPath: "\(folder)/data")
  }
}
