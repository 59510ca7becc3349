import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite("Two runs with one output: the second is refused at its start")
struct OutputLockTests {
  @Test func anOutputIsClaimedOnceAtATime() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/out.eptb"
      var first: OutputLock? = try OutputLock(path: path)
      #expect(throws: SystemError.outputInUse(path: path)) { try OutputLock(path: path) }
      #expect(throws: Never.self) { try OutputLock(path: folder + "/other.eptb") }
      withExtendedLifetime(first) {}
      first = nil
      #expect(throws: Never.self) { try OutputLock(path: path) }
      let left = try FolderListing.names(in: folder)
      #expect(left.isEmpty, "\(left)")
    }
  }

  @Test("A lock that a killed process left is taken over, and swept by the next output")
  func abandoned() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/out.eptb"
      let name = TemporaryFiles.lockName(of: "out.eptb")
      _ = try TestPaths.write([], to: name, in: folder)
      #expect(throws: Never.self) { try OutputLock(path: path) }
      _ = try TestPaths.write([], to: name, in: folder)
      try AtomicFile.write([1], to: path, replacing: false)
      #expect(try FolderListing.names(in: folder) == ["out.eptb"])
    }
  }

  @Test("A name as long as the system allows has a lock")
  func longName() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "x", count: 255)
      #expect(throws: Never.self) { try OutputLock(path: path) }
    }
  }
}
