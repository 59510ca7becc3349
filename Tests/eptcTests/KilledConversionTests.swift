import EPTTestSupport
import Foundation
import Testing

/// Conversions that are killed at any moment.
@Suite(.timeLimit(.minutes(15))) struct KilledConversionTests {
  private static let points = 50

  @Test("kill -9 leaves no output or a whole one, and the old one where there was one")
  func killed() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      let start = Date()
      let arguments = ["convert", "model.safetensors", "--encoding", "lossless"]
      #expect(try CommandLineRun(arguments, in: folder).status == 0)
      let duration = Date().timeIntervalSince(start)
      let output = folder + "/model.ept"
      let whole = try TestPaths.read(output)
      var killed = 0
      for point in 0..<Self.points {
        // Every other time something is there already.
        let old: [UInt8]? = point % 2 == 0 ? nil : [1, 2, 3]
        try FileManager.default.removeItem(atPath: output)
        if let old { _ = try TestPaths.write(old, to: "model.ept", in: folder) }
        let process = Process()
        process.executableURL = try CommandLineRun.tool()
        process.arguments = arguments + ["--force"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        try process.run()
        usleep(UInt32(1e6 * duration * Double(point) / Double(Self.points)))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        killed += process.terminationReason == .uncaughtSignal ? 1 : 0
        let left = try? TestPaths.read(output)
        #expect(left == whole || left == old, "point \(point)")
        if left == nil { _ = try TestPaths.write([], to: "model.ept", in: folder) }
      }
      #expect(killed > 0)
      // What a killed run may leave under a name of its own, the next one removes.
      #expect(try CommandLineRun(arguments + ["--force"], in: folder).status == 0)
      #expect(try TestPaths.read(output) == whole)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["config.json", "model.ept", "model.safetensors", "tokenizer.json"])
    }
  }
}
