import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite("Files that change while they are in use")
struct ChangedFileTests {
  private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    // Whatever the grain of the file system's clock, the time of this change is another one.
    #expect(
      futimens(descriptor, [timespec(tv_sec: 9, tv_nsec: 9), timespec(tv_sec: 9, tv_nsec: 9)]) == 0)
  }

  @Test func aFileThatIsWrittenOverIsTold() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try MappedFile(path: TestPaths.write([1, 2, 3], to: "file", in: folder))
      #expect(throws: Never.self) { try file.requireUnchanged() }
      try overwrite(file.path, [9, 9])
      #expect(throws: SystemError.changed(path: file.path)) { try file.requireUnchanged() }
    }
  }

  @Test func aFileThatIsReplacedStaysMapped() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try MappedFile(path: TestPaths.write([1, 2, 3], to: "file", in: folder))
      try AtomicFile.write([4, 5, 6, 7], to: file.path, replacing: true)
      #expect(throws: Never.self) { try file.requireUnchanged() }
      #expect(file.withBytes { Array($0) } == [1, 2, 3])
    }
  }

  @Test func aSmallFileThatIsReadStaysAsItWas() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write([1, 2, 3], to: "file", in: folder)
      let file = try MappedFile(reading: path, limit: 3)
      try overwrite(path, [9, 9])
      #expect(truncate(path, 0) == 0)
      #expect(file.withBytes { Array($0) } == [1, 2, 3])
      #expect(throws: SystemError.self) {
        try MappedFile(reading: TestPaths.write([0, 0, 0, 0], to: "more", in: folder), limit: 3)
      }
    }
  }

  @Test("Where a file is expected, a FIFO is refused without waiting")
  func fifo() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/fifo"
      #expect(mkfifo(path, 0o600) == 0)
      for open in [{ try MappedFile(path: path) }, { try MappedFile(reading: path, limit: 9) }] {
        let error = #expect(throws: SystemError.self) { try open() }
        #expect(error?.description.contains("not a regular file") == true)
      }
      #expect(throws: SystemError.self) { try AtomicFile.write([1], to: path, replacing: true) }
    }
  }

  @Test("Of two files that belong together both are written or none")
  func bothOrNone() throws {
    try TestPaths.withTemporaryFolder { folder in
      let first = try AtomicFile(path: folder + "/a", replacing: false)
      let second = try AtomicFile(path: folder + "/b", replacing: false)
      _ = try TestPaths.write([7], to: "b", in: folder)
      #expect(throws: SystemError.outputExists(path: folder + "/b")) {
        try AtomicFile.commit([first, second])
      }
      #expect(try FolderListing.names(in: folder) == ["b"])
    }
  }
}
