import EPTSystem
import EPTTestSupport
import Foundation
import Testing

@testable import EPTFormat

@Suite("Files of torch.save, against fixtures/format/make_torch.py")
struct PyTorchFileTests {
  private static func file(_ name: String) throws -> PyTorchFile {
    try PyTorchFile(path: TestPaths.fixture("format/torch/\(name).bin"))
  }

  private static func eighths(_ count: Int, from first: Int = 0) -> [Float] {
    (first..<first + count).map { Float($0) / 8 }
  }

  @Test func tensorsOfEveryType() throws {
    let file = try Self.file("types")
    #expect(file.tensorNames == ["f32", "f16", "bf16", "i64", "scalar", "empty"])
    #expect(try file.floats("f32", shape: [2, 3]) == Self.eighths(6))
    #expect(try file.floats("f16", shape: [4]) == Self.eighths(4))
    #expect(try file.floats("bf16", shape: [1, 5]) == Self.eighths(5))
    #expect(try file.floats("scalar", shape: []) == [0.5])
    #expect(try file.floats("empty", shape: [0, 4]) == [])
    #expect {
      try file.tensor("i64")
    } throws: { "\($0)".contains("I64") }
    #expect(throws: FormatError.missingTensor(path: file.path, tensor: "note")) {
      try file.tensor("note")
    }
  }

  @Test func viewsStateDictionariesParametersAndProtocols() throws {
    let shared = try Self.file("shared")
    #expect(try shared.floats("whole", shape: [4, 3]) == Self.eighths(12))
    #expect(try shared.floats("rows", shape: [2, 3]) == Self.eighths(6, from: 3))
    let state = try Self.file("state")
    #expect(try state.floats("weight", shape: [2, 3]) == Self.eighths(6))
    #expect(try Self.file("parameter").floats("p", shape: [3]) == Self.eighths(3))
    #expect(try Self.file("protocol4").floats("t", shape: [2, 3]) == Self.eighths(6))
  }

  @Test("views in any order are read, but none that makes more numbers than there are")
  func viewsInOtherOrders() throws {
    let file = try Self.file("views")
    #expect(try file.floats("turned", shape: [3, 2]) == [0, 3, 1, 4, 2, 5].map { $0 / 8 })
    #expect(try file.floats("part", shape: [4]) == [1, 4, 7, 10].map { $0 / 8 })
    #expect(try file.floats("halves", shape: [2, 2]) == [4, 6, 8, 10].map { $0 / 8 })
    #expect(try file.tensor("halves").encoding == .f16)
    #expect(try file.floats("again", shape: [2, 3]) == [Float](repeating: 3 / 8, count: 6))
    #expect {
      try file.tensor("many")
    } throws: { "\($0)".contains("`many`, which has more numbers") }
    // A part that begins and ends within rows.
    let turned = try file.checkpointTensor("turned")
    #expect(try turned.withFloats(in: 1..<4) { Array($0) } == [3, 1, 4].map { $0 / 8 })
  }

  @Test("binary64 is rounded to nearest, ties to even")
  func doubles() throws {
    let file = try Self.file("double")
    #expect(try file.floats("t", shape: [4]) == [0.1, 1, 1 + 1 / 4_194_304, 0])
    #expect(try file.checkpointTensor("t").type == .f64)
    let bytes = [0.1, 1e300].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    let safetensors = SafetensorsBytes.file([.init("t", type: "F64", shape: [2], bytes: bytes)])
    try safetensors.withUnsafeBytes { contents in
      let file = try SafetensorsFile(MappedFile(contents: contents, path: "x"))
      #expect(try file.floats("t", shape: [2]) == [0.1, .infinity])
    }
  }

  @Test func archivesWithLargeSizes() throws {
    let file = try Self.file("zip64")
    #expect(try file.floats("whole", shape: [4, 3]) == Self.eighths(12))
    #expect(try file.floats("rows", shape: [2, 3]) == Self.eighths(6, from: 3))
  }

  @Test("a damaged number is found when its tensor is first used")
  func damagedNumbers() throws {
    var bytes = try TestPaths.read(TestPaths.fixture("format/torch/shared.bin"))
    // 3/8, the first number of the second row.
    let number = withUnsafeBytes(of: Float(0.375).bitPattern.littleEndian, Array.init)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: number) })
    bytes[place] ^= 1
    try bytes.withUnsafeBytes { contents in
      let file = try PyTorchFile(MappedFile(contents: contents, path: "x.bin"))
      #expect {
        try file.tensor("rows")
      } throws: { "\($0)".contains("checksum") }
      #expect(throws: FormatError.self) { try file.prepare(["whole"], threads: 2) }
    }
  }

  @Test(
    "what is more than tensors is refused, not run",
    arguments: [
      ("call", "print"), ("system", "`os.system`"), ("builtin", "eval"), ("deep", "deeply"),
      ("list", "operation"), ("legacy", "before 1.6"),
    ])
  func refused(name: String, words: String) {
    #expect {
      try Self.file(name)
    } throws: { "\($0)".contains(words) && "\($0)".contains("\(name).bin") }
  }

  @Test func aDictionaryThatHoldsItselfIsNoTensor() throws {
    #expect(try Self.file("cycle").tensorNames.isEmpty)
  }

  @Test("flipped bits, cuts and grafts end in an error or in tensors, never in a trap")
  func hostile() throws {
    var random = SystemRandomNumberGenerator()
    for name in ["types", "shared", "protocol4", "views", "double", "zip64"] {
      let whole = [UInt8](
        try Data(contentsOf: URL(fileURLWithPath: TestPaths.fixture("format/torch/\(name).bin"))))
      for round in 0..<800 {
        var bytes = whole
        switch round % 4 {
        case 0: bytes.removeLast(Int.random(in: 1...whole.count, using: &random))
        case 1: bytes[round / 4 % whole.count] ^= UInt8(1 << (round / 4 % 8))
        default:
          for _ in 0...round % 5 {
            bytes[.random(in: 0..<whole.count, using: &random)] = .random(
              in: 0...255, using: &random)
          }
        }
        try Self.readAll(bytes)
      }
    }
  }

  @Test("pickles of random operations, checksums right")
  func randomPickles() throws {
    let operations: [UInt8] =
      Array("(}){NJKMXqrhjtcQRsub.G".utf8) + [0x80, 0x85, 0x86, 0x87, 0x8A, 0x93]
    for _ in 0..<4000 {
      let pickle = (0..<Int.random(in: 0...60)).map { _ -> UInt8 in
        Bool.random() ? operations.randomElement() ?? 0 : .random(in: 0...9)
      }
      try pickle.withUnsafeBytes { bytes in
        do {
          _ = try TensorPickle.tensors(bytes, path: "x", fileSize: bytes.count)
        } catch is FormatError {}
      }
    }
  }

  /// Reads all that `bytes` hold; any error must be this room's.
  private static func readAll(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { contents in
      do {
        let file = try PyTorchFile(MappedFile(contents: contents, path: "x.bin"))
        for name in file.tensorNames {
          do { _ = try file.tensor(name).floats() } catch FormatError.unsupported {}
        }
      } catch is FormatError {}
    }
  }

  @Test(
    "the real DePT adapters, by shape, digest and samples",
    .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: ["dept-t5-base-sst2", "dept-t5-base-cola"])
  func realAdapters(name: String) throws {
    let text = try String(contentsOfFile: TestPaths.fixture("format/torch.json"), encoding: .utf8)
    let golden = try #require(try JSON(parsing: text)["adapters"]?[name]?.object)
    let file = try PyTorchFile(path: TestPaths.shared("models/\(name)/adapter_model.bin"))
    #expect(file.tensorNames.sorted() == golden.map(\.key).sorted())
    for member in golden {
      let tensor = try file.tensor(member.key)
      #expect(tensor.shape == member.value["shape"]?.array?.compactMap(\.integer))
      #expect(SHA256.digest(of: Array(tensor.bytes)).hex == member.value["sha256"]?.string)
      let values = try tensor.floats()
      let samples = member.value["samples"]?.array?.compactMap(\.number).map { Float($0) }
      #expect([0, 1, values.count / 2, values.count - 1].map { values[$0] } == samples)
    }
  }

  @Test func writtenSafetensorsAreRead() throws {
    try TestPaths.withTemporaryFolder { folder in
      var writer = SafetensorsWriter(metadata: [("format", "pt")])
      writer.add("a", shape: [2, 2], [1, -2, .leastNonzeroMagnitude, 4])
      writer.add("b", shape: [3], [5, 6, 7])
      try writer.write(to: "\(folder)/x.safetensors", replacing: false)
      let file = try SafetensorsFile(path: "\(folder)/x.safetensors")
      #expect(file.metadata == ["format": "pt"])
      #expect(try file.floats("a", shape: [2, 2]) == [1, -2, .leastNonzeroMagnitude, 4])
      #expect(try file.floats("b", shape: [3]) == [5, 6, 7])
      #expect(throws: SystemError.outputExists(path: "\(folder)/x.safetensors")) {
        try writer.write(to: "\(folder)/x.safetensors", replacing: false)
      }
    }
  }
}
