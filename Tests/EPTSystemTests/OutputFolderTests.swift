import EPTTestSupport
import Testing

@testable import EPTSystem

@Suite struct OutputFolderTests {
  @Test("A folder is made, or taken as it is; anything else in its place is told")
  func make() throws {
    try TestPaths.withTemporaryFolder { folder in
      for _ in 0..<2 {
        try OutputFolder.make(folder + "/new")
        #expect(FileStatus(folder + "/new")?.isFolder == true)
      }
      let file = try TestPaths.write([1], to: "file", in: folder)
      for (path, reason) in [("", "its name is empty"), (file, "it is there and is no folder")] {
        #expect {
          try OutputFolder.make(path)
        } throws: { "\($0)".hasSuffix(reason) }
      }
    }
  }

  @Test("A file that is listed as a folder is said to be none")
  func listing() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = try TestPaths.write([1], to: "file", in: folder)
      #expect {
        try FolderListing.names(in: file)
      } throws: { "\($0)".hasSuffix("it is no folder") }
    }
  }
}
