import EPTTestSupport
import Foundation
import Testing

@testable import EPTSystem

@Suite("Names of files are bytes of no encoding")
struct PathBytesTests {
  private static let names: [[UInt8]] = [
    Array("model.ept".utf8), Array("mod\u{E8}le".utf8), [0x6D, 0xE9, 0x2E], [0xC3], [0xFF, 0xFE],
    [0xE4, 0xB8], Array("\u{10FEE9}".utf8), [0x61] + Array("\u{10FEFF}".utf8) + [0x80],
  ]

  @Test(arguments: names)
  func everyNameComesBackAsItWas(_ name: [UInt8]) {
    #expect(PathBytes.bytes(PathBytes.text(name)) == name)
  }

  @Test func namesThatAreNoUTF8AreShownByTheirBytes() {
    #expect(PathBytes.text([0x6D, 0xE9, 0x2E] as [UInt8]).printable == "m\\xe9.")
  }

  @Test func aFileWithALatin1NameIsWrittenListedAndRead() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/" + PathBytes.text([0x6D, 0xE9] as [UInt8])
      try AtomicFile.write([1, 2], to: path, replacing: false)
      #expect(try FolderListing.names(in: folder).map { PathBytes.bytes($0) } == [[0x6D, 0xE9]])
      let file = try MappedFile(path: path)
      #expect(withExtendedLifetime(file) { Array(file.bytes) } == [1, 2])
    }
  }

  @Test func aNameWithAZeroByteIsNoFile() {
    #expect(throws: SystemError.missingFile(path: "a\0b", hint: "no such file")) {
      try MappedFile(path: "a\0b")
    }
  }
}
