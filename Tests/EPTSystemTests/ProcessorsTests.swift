import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite("Processors that a process may use, by made-up files of control groups")
struct ProcessorsTests {
  /// The processors of a group whose files are `files`, by their paths below the mount.
  private func processors(_ membership: String, _ files: [String: String]) throws -> Int? {
    try TestPaths.withTemporaryFolder { folder in
      for (name, text) in files {
        let path = URL(fileURLWithPath: "\(folder)/\(name)")
        try FileManager.default.createDirectory(
          at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
      }
      try Data(membership.utf8).write(to: URL(fileURLWithPath: "\(folder)/cgroup"))
      return ControlGroup(membership: "\(folder)/cgroup", root: folder).processors
    }
  }

  @Test("Version 2: quota over period, rounded up; max is none")
  func version2() throws {
    #expect(try processors("0::/a/b\n", ["a/b/cpu.max": "200000 100000\n"]) == 2)
    #expect(try processors("0::/a/b\n", ["a/b/cpu.max": "150000 100000\n"]) == 2)
    #expect(try processors("0::/a/b\n", ["a/b/cpu.max": "1000 100000\n"]) == 1)
    #expect(try processors("0::/a/b\n", ["a/b/cpu.max": "max 100000\n"]) == nil)
    #expect(try processors("0::/\n", [:]) == nil)
  }

  @Test("The limit of a group around the process's holds as well")
  func ancestors() throws {
    let files = ["cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"]
    #expect(try processors("0::/a/b\n", files) == 3)
  }

  @Test("A container sees its own group at the root, whatever its name outside")
  func insideAContainer() throws {
    #expect(try processors("0::/../docker/x\n", ["cpu.max": "400000 100000\n"]) == 4)
  }

  @Test("Version 1: the controller cpu, by either name of its mount; a quota of -1 is none")
  func version1() throws {
    let lines = "5:memory:/a\n3:cpu,cpuacct:/a\n"
    func files(_ mount: String, _ quota: String) -> [String: String] {
      ["\(mount)/a/cpu.cfs_quota_us": quota, "\(mount)/a/cpu.cfs_period_us": "50000\n"]
    }
    #expect(try processors(lines, files("cpu,cpuacct", "250000\n")) == 5)
    #expect(try processors(lines, files("cpu", "50000\n")) == 1)
    #expect(try processors(lines, files("cpu", "-1\n")) == nil)
    #expect(try processors(lines, files("memory", "50000\n")) == nil)
  }

  @Test(
    "Files that make no sense are no limit",
    arguments: ["", "x y\n", "100000\n", "-5 100000\n", "5 0\n", "nan 1\n", "1e300 1e-300\n"])
  func nonsense(_ text: String) throws {
    #expect(try processors("0::/a\nrubbish\n\n::\n", ["a/cpu.max": text]) == nil)
  }

  @Test func thereIsAtLeastOne() {
    #expect(1...Processors.mostThreads ~= Processors.available)
    #expect(Processors.bounded(.min) == 1 && Processors.bounded(.max) == Processors.mostThreads)
  }
}
