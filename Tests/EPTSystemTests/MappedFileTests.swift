import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite struct MappedFileTests {
  /// More than one part, and not a whole number of them.
  private static let contents = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  private func read(_ file: MappedFile) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try file.readParts { bytes += $0 }
    return bytes
  }

  @Test func readsPartsInOrder() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try MappedFile(path: TestPaths.write(Self.contents, to: "file", in: folder))
      #expect(try read(file) == Self.contents)
      let empty = try MappedFile(path: TestPaths.write([], to: "empty", in: folder))
      #expect(try read(empty).isEmpty)
    }
  }

  @Test func refusesToReadAnotherFileOfTheSamePath() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try MappedFile(path: TestPaths.write(Self.contents, to: "file", in: folder))
      let other = try TestPaths.write(Self.contents, to: "other", in: folder)
      #expect(rename(other, file.path) == 0)
      #expect {
        try read(file)
      } throws: {
        "\($0)".contains("replaced")
      }
    }
  }

  @Test func saysHowMuchIsThereOfAFileThatWasCut() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try MappedFile(path: TestPaths.write(Self.contents, to: "file", in: folder))
      #expect(truncate(file.path, 300_000) == 0)
      #expect(
        throws: SystemError.truncated(
          path: file.path, have: 300_000, expected: Self.contents.count)
      ) {
        try read(file)
      }
    }
  }
}
