import Foundation
import Testing

/// A server that runs until the test ends.
final class ServerProcess {
  /// A server that ended before it listened.
  struct Failure: Error {
    let errors: String
  }

  let address: String
  private let process = Process()
  private let errorFile: String

  /// Starts `eptc serve` with `arguments` and waits until it listens.
  init(_ arguments: [String]) throws {
    errorFile =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("eptc-serve-\(UUID().uuidString).err").path
    try Data().write(to: URL(fileURLWithPath: errorFile))
    let output = Pipe()
    process.executableURL = try ServeFixture.executable("eptc")
    process.arguments =
      ["serve", "--model", ServeFixture.folder + "/model.ept", "--threads", "1"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorFile)
    try process.run()
    var line: [UInt8] = []
    while line.last != 0x0A, let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
      line.append(byte)
    }
    address = String(decoding: line.dropLast(), as: UTF8.self)
    if address.isEmpty { throw Failure(errors: errors) }
  }

  deinit {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: errorFile)
  }

  /// What was written to standard error.
  var errors: String { (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? "" }

  func connect() throws -> Connection { try Connection(address) }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The exit status, once the process has ended.
  func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Asks until `isMet` holds for the answer, for half a minute at most.
  func wait(
    for method: String, _ path: String, _ body: String? = nil,
    _ isMet: (Connection.Response) -> Bool
  ) throws -> Bool {
    for _ in 0..<300 {
      if isMet(try connect().ask(method, path, body)) { return true }
      usleep(100_000)
    }
    return false
  }
}
