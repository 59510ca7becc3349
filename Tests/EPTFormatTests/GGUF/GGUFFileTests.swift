import EPTSystem
import EPTTestSupport
import Testing

@testable import EPTFormat

/// GGUF files against what the `gguf` package makes of them, and hostile ones.
@Suite struct GGUFFileTests {
  private func open(_ bytes: [UInt8]) throws -> GGUFFile {
    try GGUFFile(bytes.withUnsafeBytes { try MappedFile(contents: $0, path: "a.gguf") })
  }

  /// Bit for bit, whole and in parts that end within blocks.
  @Test(arguments: GGUFType.allCases)
  func decodesEachType(_ type: GGUFType) throws {
    let file = try GGUFFile(path: TestPaths.fixture("gguf/types.gguf"))
    let golden = try GoldenTensors(path: TestPaths.fixture("gguf/types.safetensors"))
    let tensor = try file.checkpointTensor(type.name, called: "a")
    let expected = try golden.floats(type.name).map(\.bitPattern)
    #expect(tensor.shape == (try golden.shape(type.name)))
    #expect(tensor.typeName == type.name && tensor.name == "a")
    func bits(_ range: Range<Int>) throws -> [UInt32] {
      try tensor.withFloats(in: range) { $0.map(\.bitPattern) }
    }
    #expect(try bits(0..<tensor.count) == expected)
    for range in [0..<1, 5..<77, 30..<tensor.count - 3, tensor.count..<tensor.count] {
      #expect(try bits(range) == Array(expected[range]))
    }
    #expect(try tensor.stored().floats().map(\.bitPattern) == expected)
    #expect(tensor.isIdentical(to: tensor))
  }

  /// A head's rows in the order by halves, from the order by neighbours.
  @Test func putsRowsOfHeadsInOrder() throws {
    // 2 heads of 4 rows: in the file 0, 2, 1, 3 of each.
    let rows: [Float] = [0, 2, 1, 3, 4, 6, 5, 7].flatMap { [Float](repeating: $0, count: 3) }
    let bytes = rows.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    let file = try open(
      GGUFBytes.file(tensors: [
        .init("a", sizes: [3, 8], bytes: bytes),
        .init("b", sizes: [8], bytes: bytes.count == 96 ? Array(bytes[0..<32]) : []),
      ]))
    let tensor = try file.checkpointTensor("a", called: "a", rotatedHeads: 2)
    let values = try tensor.withFloats(in: 0..<24) { Array($0) }
    #expect(values == (0..<8).flatMap { [Float](repeating: Float($0), count: 3) })
    #expect(try tensor.withFloats(in: 4..<8) { Array($0) } == [1, 1, 2, 2])
    #expect(try tensor.stored().floats() == values)
    for heads in [0, 3, 8] {
      #expect(throws: FormatError.self) {
        try file.checkpointTensor("a", called: "a", rotatedHeads: heads)
      }
    }
    #expect(try file.checkpointTensor("b", called: "b", rotatedHeads: 1).count == 8)
  }

  @Test func readsMetadata() throws {
    let file = try open(
      GGUFBytes.file(
        version: 2,
        metadata: [
          ("a", .uint32(7)), ("b", .float32(0.5)), ("c", .bool(true)), ("d", .string("x")),
          ("e", .strings(["y", ""])), ("f", .int32s([-1, 2])), ("g", .float32s([1.5])),
        ]))
    #expect(file.value("a") == .integer(7) && file.value("b") == .number(0.5))
    #expect(file.value("c") == .bool(true) && file.value("d") == .string("x"))
    #expect(file.value("e") == .strings(["y", ""]) && file.value("f") == .integers([-1, 2]))
    #expect(file.value("g") == .numbers([1.5]) && file.value("h") == nil)
  }

  private static let whole = GGUFBytes.file(
    metadata: [("general.architecture", .string("llama")), ("n", .strings(["a", "b"]))],
    tensors: [
      .init("a", sizes: [4, 2], bytes: [UInt8](repeating: 1, count: 32)),
      .init("b", sizes: [32], type: 8, bytes: [UInt8](repeating: 1, count: 34)),
    ])

  /// Every shorter file says that it is cut.
  @Test func cutFilesAreTruncated() throws {
    _ = try open(Self.whole)
    for count in 4..<Self.whole.count {
      #expect {
        try open(Array(Self.whole.prefix(count)))
      } throws: { error in
        guard let fault = (error as? FormatError).flatMap(FormatFault.init) else { return false }
        // A count that what is left has no room for tells the same.
        return fault == .truncated || fault == .corrupt
      }
    }
  }

  @Test func refusesWhatContradictsItself() throws {
    func expect(_ fault: FormatFault, _ bytes: [UInt8], _ comment: Comment) {
      #expect(comment) {
        try open(bytes)
      } throws: { ($0 as? FormatError).flatMap(FormatFault.init) == fault }
    }
    let numbers = [UInt8](repeating: 0, count: 32)
    func tensor(_ name: String, _ sizes: [UInt64], type: UInt32 = 0) -> [UInt8] {
      GGUFBytes.file(tensors: [.init(name, sizes: sizes, type: type, bytes: numbers)])
    }
    expect(.unsupported, GGUFBytes.file(version: 1), "version")
    expect(.unsupported, GGUFBytes.file(version: 3 << 24), "byte order")
    expect(.corrupt, tensor("a", []), "no dimension")
    expect(.corrupt, tensor("a", [1, 1, 1, 1, 1]), "five dimensions")
    expect(.corrupt, tensor("a", [0]), "no numbers")
    expect(.corrupt, tensor("a", [1 << 63]), "size")
    expect(.corrupt, tensor("a", [1 << 40, 1 << 40]), "product")
    expect(.corrupt, tensor("a", [1 << 42 + 1, 1 << 22]), "product of bytes")
    expect(.truncated, tensor("a", [1 << 40]), "beyond the end")
    expect(.corrupt, tensor("a", [16], type: 8), "half a block")
    expect(.corrupt, tensor("", [8]), "no name")
    expect(
      .corrupt,
      GGUFBytes.file(tensors: [
        .init("a", sizes: [8], bytes: numbers), .init("a", sizes: [8], bytes: numbers),
      ]), "name twice")
    expect(
      .corrupt,
      GGUFBytes.file(
        metadata: [("general.alignment", .uint32(0))],
        tensors: [.init("a", sizes: [8], bytes: numbers)]), "alignment")
    expect(
      .corrupt, GGUFBytes.file(metadata: [("a", .bool(true)), ("a", .bool(true))]), "key twice")
    // A count of 2^60 strings, tensors, keys.
    for place in [8, 16] {
      var bytes = Self.whole
      bytes[place + 7] = 0x10
      expect(.corrupt, bytes, "count at \(place)")
    }
    // Two tensors on one another: the second one's offset, behind its name, is that of the first.
    var bytes = Self.whole
    let name = [1, 0, 0, 0, 0, 0, 0, 0, UInt8(ascii: "b")]
    // The metadata has the same bytes before.
    let place = bytes.indices.last { bytes[$0...].starts(with: name) } ?? 0
    let offset = place + name.count + 4 + 8 + 4
    #expect(bytes[offset] == 32)
    bytes[offset] = 0
    expect(.corrupt, bytes, "overlap")
  }

  /// A type that is not read stands in no other tensor's way.
  @Test func refusesTypesOneByOne() throws {
    let numbers = [UInt8](repeating: 0, count: 32)
    let file = try open(
      GGUFBytes.file(tensors: [
        .init("a", sizes: [8], type: 26, bytes: numbers), .init("b", sizes: [8], bytes: numbers),
      ]))
    #expect(throws: FormatError.self) { try file.checkpointTensor("a", called: "a") }
    #expect(try file.checkpointTensor("b", called: "b").count == 8)
  }

  @Test func otherFilesAreForeign() {
    #expect(throws: FormatError.self) { try open(SafetensorsBytes.file([])) }
    #expect(throws: FormatError.self) { try open([]) }
  }
}
