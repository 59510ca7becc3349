import EPTFormat
import EPTTestSupport
import Testing

@Suite struct SafetensorsFileTests {
  /// Opens a file of `bytes`, whose mapping outlives its folder.
  @Test("Names that Unicode calls equivalent are two tensors")
  func namesAreBytes() throws {
    let names = ["\u{E9}", "e\u{301}"]
    let file = try open(
      SafetensorsBytes.file(names.enumerated().map { .init($1, shape: [1], floats: [Float($0)]) }))
    for (index, name) in names.enumerated() {
      #expect(try file.floats(name, shape: [1]) == [Float(index)])
    }
  }

  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try TestPaths.withTemporaryFolder { folder in
      try SafetensorsFile(path: TestPaths.write(bytes, to: "model.safetensors", in: folder))
    }
  }

  @Test func readsWeightsOfEveryEncoding() throws {
    let file = try open(
      SafetensorsBytes.file([
        .init("a", shape: [2, 2], floats: [1, -2, 0.5, 4]),
        .init("b", type: "F16", shape: [2], bytes: [0x00, 0x3C, 0x00, 0xC0]),
        .init("c", type: "BF16", shape: [1], bytes: [0x80, 0x3F]),
      ]))
    #expect(file.tensorNames == ["a", "b", "c"])
    #expect(try file.floats("a", shape: [2, 2]) == [1, -2, 0.5, 4])
    #expect(try file.floats("b", shape: [2]) == [1, -2])
    #expect(try file.floats("c", shape: [1]) == [1])
  }

  @Test func opensBesideTensorsThatAreNoWeights() throws {
    let file = try open(
      SafetensorsBytes.file([
        .init("position_ids", type: "I64", shape: [1, 1], bytes: [3, 0, 0, 0, 0, 0, 0, 0]),
        .init("w", shape: [1], floats: [7]),
      ]))
    #expect(try file.floats("w", shape: [1]) == [7])
    #expect(file.entry("position_ids")?.type == .i64)
    #expect(throws: FormatError.self) { try file.tensor("position_ids") }
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    // Padding after the header, no tensors, zero sizes, rank 0, tensors out of order.
    #expect(try open(SafetensorsBytes.file(header: "{}   ")).entries.isEmpty)
    let header = """
      {"__metadata__": {"format": "pt"},
      "second": {"dtype": "F32", "shape": [], "data_offsets": [8, 12]},
      "none": {"dtype": "F64", "shape": [3, 0], "data_offsets": [8, 8]},
      "first": {"dtype": "F4", "shape": [2, 8], "data_offsets": [0, 8]}}
      """
    let file = try open(
      SafetensorsBytes.file(header: header, buffer: .init(repeating: 0, count: 12)))
    #expect(file.tensorNames == ["first", "none", "second"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.tensor("second").shape == [])
    #expect(try file.floats("second", shape: []) == [0])
  }

  @Test func missingTensorIsNamed() throws {
    let file = try open(SafetensorsBytes.file([.init("w", shape: [1], floats: [7])]))
    #expect(throws: FormatError.missingTensor(path: file.path, tensor: "v")) {
      try file.tensor("v")
    }
  }

  @Test(.enabled(if: TestPaths.hasShared, "needs ../shared")) func readsARealCheckpoint() throws {
    let path = TestPaths.shared("models/all-minilm-l6-v2/model.safetensors")
    let file = try SafetensorsFile(path: path)
    // Counts of the published checkpoint.
    #expect(file.entries.count == 104)
    #expect(try file.tensor("embeddings.word_embeddings.weight").shape == [30522, 384])
    #expect(file.entry("embeddings.position_ids")?.type == .i64)
  }
}
