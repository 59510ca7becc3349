import EPTInfer
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTServe

/// The demonstration's backbone and a task on it, made once by the tool itself.
enum ServeFixture {
  static let backbone = "model"
  static let texts = ["a gripping film", "the meal was cold and dull", "a", "", "lovely\tstory"]

  /// A folder with `model.ept` and `tasks/sst2.eptb`, for all tests to read.
  static let folder: String = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("eptc-serve-\(UUID().uuidString)").path
    atexit { ServeFixture.remove() }
    do {
      try prepare(folder)
    } catch {
      Issue.record(error)
    }
    return folder
  }()

  private static func remove() {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func prepare(_ folder: String) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/tasks", withIntermediateDirectories: true)
    for name in ["model.safetensors", "config.json", "tokenizer.json"] {
      try files.copyItem(
        atPath: TestPaths.fixture("demo/model/\(name)"), toPath: "\(folder)/\(name)")
    }
    try files.copyItem(atPath: TestPaths.fixture("demo/data"), toPath: folder + "/data")
    _ = try tool(["convert", "model.safetensors", "--encoding", "f32"], in: folder)
    _ = try tool(
      [
        "tune", "--task", "sst2", "--steps", "2", "--no-baseline", "-o", "tasks/sst2.eptb",
        "--quiet",
      ], in: folder)
  }

  /// The path of an executable that was built together with the tests.
  static func executable(_ name: String) throws -> URL {
    let runner = try #require(CommandLine.arguments.first)
    let url = URL(fileURLWithPath: runner).deletingLastPathComponent().appendingPathComponent(name)
    try #require(FileManager.default.isExecutableFile(atPath: url.path), "no \(name)")
    return url
  }

  /// What `eptc` writes to standard output.
  static func tool(_ arguments: [String], in folder: String, input: String = "") throws -> String {
    let process = Process()
    process.executableURL = try executable("eptc")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let name = folder + "/run-\(UUID().uuidString)"
    for (ending, text) in [("in", input), ("out", "")] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(name).\(ending)"))
    }
    process.standardInput = FileHandle(forReadingAtPath: name + ".in")
    process.standardOutput = FileHandle(forWritingAtPath: name + ".out")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(arguments)")
    return try String(contentsOfFile: name + ".out", encoding: .utf8)
  }

  /// An interface to the backbone and the folder of tasks at `prompts`, whose engine runs.
  static func api(
    model path: String? = nil, prompts: String? = nil,
    _ settings: ServeSettings = ServeSettings(), starts: Bool = true
  ) throws -> API {
    let backbone = try LoadedBackbone(path: path ?? folder + "/model.ept", threads: 2)
    let model = InferenceModel(backbone)
    let tasks = TaskFolder(prompts ?? folder + "/tasks", on: model)
    try tasks.loadAll()
    let metrics = ServeMetrics()
    let engine = Engine(model, settings, metrics)
    if starts { try engine.start() }
    return try API(backbone, model, tasks, engine, metrics, settings, needsToken: false)
  }
}
