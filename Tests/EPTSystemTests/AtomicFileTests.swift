import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite struct AtomicFileTests {
  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  // With false, as on a file system without unnamed files.
  @Test(arguments: [true, false]) func appearsOnlyWhenCommitted(unnamed: Bool) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/out"
      do {
        let file = try AtomicFile(path: path, replacing: false, prefersUnnamed: unnamed)
        try [1, 2, 3].withUnsafeBytes { try file.write($0, at: 0) }
        #expect(!FileManager.default.fileExists(atPath: path))
        try file.commit()
      }
      #expect(try names(in: folder) == ["out"])
    }
  }

  @Test(arguments: [true, false]) func leavesNothingWithoutACommit(unnamed: Bool) throws {
    try TestPaths.withTemporaryFolder { folder in
      do {
        let file = try AtomicFile(path: folder + "/out", replacing: false, prefersUnnamed: unnamed)
        try file.reserve(1_000)
        try [1, 2, 3].withUnsafeBytes { try file.write($0, at: 0) }
      }
      let left = try names(in: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func replacesOnlyWhenAllowed() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write([1, 2], to: "out", in: folder)
      #expect(throws: SystemError.outputExists(path: path)) {
        try AtomicFile.write([3], to: path, replacing: false)
      }
      #expect(try TestPaths.read(path) == [1, 2])
      try AtomicFile.write([3], to: path, replacing: true)
      #expect(try TestPaths.read(path) == [3])
      #expect(try names(in: folder) == ["out"])
    }
  }

  @Test(arguments: [true, false]) func commitsOverAFileOnlyWhenAllowed(unnamed: Bool) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/out"
      // The file in its place comes only after the work has begun.
      let refused = try AtomicFile(path: path, replacing: false, prefersUnnamed: unnamed)
      _ = try TestPaths.write([1, 2], to: "out", in: folder)
      #expect(throws: SystemError.outputExists(path: path)) { try refused.commit() }
      #expect(try TestPaths.read(path) == [1, 2])
      let allowed = try AtomicFile(path: path, replacing: true, prefersUnnamed: unnamed)
      try [UInt8(3)].withUnsafeBytes { try allowed.write($0, at: 0) }
      try allowed.commit()
      #expect(try TestPaths.read(path) == [3])
    }
  }

  @Test func removesWhatAKilledProcessLeft() throws {
    try TestPaths.withTemporaryFolder { folder in
      // A second name keeps the file when its writer goes, as if it had been killed.
      let left = folder + "/.eptc-left.tmp"
      do {
        let killed = try AtomicFile(path: folder + "/out", replacing: false, prefersUnnamed: false)
        try [1].withUnsafeBytes { try killed.write($0, at: 0) }
        let name = try #require(names(in: folder).first)
        #expect(link("\(folder)/\(name)", left) == 0)
        // Someone is still writing it.
        _ = try AtomicFile(path: folder + "/other", replacing: false, prefersUnnamed: false)
        #expect(try names(in: folder).count == 2)
      }
      _ = try TestPaths.write([1], to: ".eptc-mine", in: folder)
      #expect(try names(in: folder) == [".eptc-left.tmp", ".eptc-mine"])
      try AtomicFile.write([2], to: folder + "/out", replacing: false)
      #expect(try names(in: folder) == [".eptc-mine", "out"])
    }
  }

  @Test func aMappedFileSurvivesItsReplacement() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write([7, 7, 7, 7], to: "out", in: folder)
      let mapped = try MappedFile(path: path)
      try AtomicFile.write([3], to: path, replacing: true)
      #expect(Array(mapped.bytes) == [7, 7, 7, 7])
    }
  }

  @Test func aFullDiskLeavesTheOldFile() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write([1, 2], to: "out.ept", in: folder)
      var room = 300
      // A disk with room for 300 bytes, as the system reports it.
      let file = try AtomicFile(path: path, replacing: true) { descriptor, bytes, count, offset in
        guard room > 0 else {
          errno = ENOSPC
          return -1
        }
        let written = pwrite(descriptor, bytes, min(count, room), offset)
        room -= written
        return written
      }
      let error = #expect(throws: SystemError.self) {
        for part in 0..<4 {
          try [UInt8](repeating: 1, count: 100).withUnsafeBytes {
            try file.write($0, at: 100 * part)
          }
        }
        try file.commit()
      }
      #expect(error?.description.contains("No space left on device") == true)
      #expect(try TestPaths.read(path) == [1, 2])
      #expect(try names(in: folder) == ["out.ept"])
    }
  }

  @Test func moreThanTheDiskHoldsIsRefusedBeforeTheWork() throws {
    try TestPaths.withTemporaryFolder { folder in
      do {
        let file = try AtomicFile(path: folder + "/out", replacing: false)
        #expect(throws: SystemError.self) { try file.reserve(1 << 60) }
      }
      let left = try names(in: folder)
      #expect(left.isEmpty)
    }
  }

  @Test(arguments: ["/proc/eptc-out", "/nowhere/eptc-out", "/dev/null", "/tmp"])
  func refusesPlacesThatCannotBeWritten(path: String) {
    let error = #expect(throws: SystemError.self) {
      try AtomicFile.write([1], to: path, replacing: true)
    }
    #expect(error?.description.contains(path) == true)
  }
}
