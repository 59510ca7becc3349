import EPTTestSupport
import Foundation
import Testing

/// What `eptc --version` says.
struct VersionTests {
  private func lines(_ arguments: [String] = ["--version"], _ environment: [String: String] = [:])
    throws -> [String]
  {
    let run = try CommandLineRun(arguments, in: "/", environment: environment)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    return run.output.split(separator: "\n").map(String.init)
  }

  @Test("It names the version, the commit, the instruction set and the libraries")
  func parts() throws {
    let lines = try lines()
    let names = lines.map { String($0.prefix { $0 != ":" }) }
    #expect(
      names == [
        "eptc 0.2.0", "commit", "instruction set", "nettle", "xxHash", "zlib", "zstd", "OpenBLAS",
      ])
    #expect(lines[1].contains(#/^commit: (unknown|[0-9a-f]{7,40}(-dirty)?)$/#))
    #expect(try self.lines(["tune", "--version"]) == lines)
  }

  @Test("The instruction set is the one in use")
  func instructionSet() throws {
    #expect(try lines(["--version"], ["EPT_ISA": "scalar"]).contains("instruction set: scalar"))
  }

  @Test(
    "The libraries' versions are those that are installed",
    arguments: [
      ("nettle", "nettle"), ("xxHash", "libxxhash"), ("zlib", "zlib"), ("zstd", "libzstd"),
    ])
  func library(name: String, package: String) throws {
    let installed = try CommandLineRun(
      executable: URL(fileURLWithPath: "/bin/sh"), ["-c", "pkg-config --modversion \(package)"],
      in: "/")
    // nettle tells no more than two parts of its version.
    let version = installed.output.trimmingCharacters(in: .whitespacesAndNewlines)
      .split(separator: ".").prefix(name == "nettle" ? 2 : .max).joined(separator: ".")
    #expect(try lines().contains("\(name): \(version)"))
  }
}
