import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@Suite struct ContainerFileTests {
  @Test func readsTheGoldenFile() throws {
    let file = try ContainerFile(path: GoldenContainer.path, kind: .backbone)
    #expect(file.sectionNames == ["config", "notes"])
    for (name, text) in GoldenContainer.sections {
      #expect(file.section(name).map { String(decoding: $0, as: UTF8.self) } == text)
    }
    #expect(file.section("absent") == nil)
    #expect(file.tensorNames == ["empty", "half", "rows", "scalar", "truncated"])
    #expect(try file.floats("empty", shape: [0, 3]) == [])
    #expect(try file.floats("half", shape: [2]) == [1.5, -2])
    #expect(try file.floats("rows", shape: [2, 3]) == [0.5, -1, 63.5, 0, 16, -31.75])
    #expect(try file.floats("scalar", shape: []) == [3.25])
    #expect(try file.floats("truncated", shape: [1, 2]) == [1, -2])
    #expect(throws: FormatError.missingTensor(path: file.path, tensor: "absent")) {
      try file.tensor("absent")
    }
    #expect(throws: FormatError.self) { try file.floats("half", shape: [3]) }
  }

  @Test func payloadsAreAlignedForVectors() throws {
    let file = try ContainerFile(path: GoldenContainer.path, kind: .backbone)
    for name in file.tensorNames {
      let address = try file.tensor(name).bytes.baseAddress
      #expect(UInt(bitPattern: address) % 64 == 0)
    }
  }

  @Test func writesTheGoldenFileByteForByte() throws {
    try TestPaths.withTemporaryFolder { folder in
      let digest = try GoldenContainer.writer()
        .write(to: folder + "/out.ept", replacing: false).digest
      let golden = try TestPaths.read(GoldenContainer.path)
      #expect(try TestPaths.read(folder + "/out.ept") == golden)
      #expect(digest?.bytes == Array(golden[64..<96]))
      #expect(try ContainerFile(path: folder + "/out.ept", kind: .backbone).digest == digest)
    }
  }

  @Test func writesEmptyContainers() throws {
    try TestPaths.withTemporaryFolder { folder in
      try ContainerWriter(kind: .bundle).write(to: folder + "/out.eptb", replacing: false)
      let file = try ContainerFile(path: folder + "/out.eptb", kind: .bundle)
      #expect(file.sectionNames.isEmpty && file.tensorNames.isEmpty)
      #expect(file.file.bytes.count == 136)
    }
  }

  @Test func refusesContentsThatCannotBeStored() throws {
    try TestPaths.withTemporaryFolder { folder in
      func expectRefusal(_ add: (inout ContainerWriter) -> Void) {
        var writer = ContainerWriter(kind: .bundle)
        add(&writer)
        #expect(throws: FormatError.self) {
          try writer.write(to: folder + "/out.eptb", replacing: false)
        }
      }
      expectRefusal { $0.addSection("", []) }
      expectRefusal { $0.addSection(String(repeating: "n", count: 1_025), []) }
      expectRefusal {
        $0.addSection("twice", [])
        $0.addSection("twice", [])
      }
      expectRefusal { $0.addTensor(name: "w", shape: [2], floats: [1]) }
      expectRefusal { $0.addTensor(name: "w", shape: [2], floats: [1, 2, 3]) }
      expectRefusal { $0.addTensor(name: "w", shape: [-1], floats: []) }
      expectRefusal { $0.addTensor(name: "w", shape: [1 << 62, 2], floats: []) }
      expectRefusal { $0.addTensor(name: "w", shape: [3], encoding: .q8, bytes: [1, 2, 3]) }
      expectRefusal {
        $0.addTensor(name: "w", shape: .init(repeating: 1, count: 9), floats: [1])
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }
}
