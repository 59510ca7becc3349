import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// How weights reach the operations.
@Suite struct WeightTests {
  private typealias Tensor = SafetensorsBytes.Tensor

  /// Scores of the tiny BERT with every weight replaced by what `make` gives for it.
  private func scores(
    padding: String, _ make: (_ name: String, _ shape: [Int], _ values: [Float]) -> Tensor
  ) throws -> Matrix {
    let fixture = try TinyModelTests.Fixture("bert")
    let weights = try GoldenTensors(path: TestPaths.fixture("model/bert/model.safetensors"))
    let tensors = try weights.names.map { name in
      make(name, try weights.shape(name), try weights.floats(name))
    }
    return try TestPaths.withTemporaryFolder { folder in
      // White space after the header moves all tensors on.
      let bytes = SafetensorsBytes.file(tensors)
      let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.1) << (8 * $1.0) }
      let header = [UInt8](bytes[8..<8 + length]) + [UInt8](padding.utf8)
      let path = try TestPaths.write(
        SafetensorsBytes.file(header: header, buffer: [UInt8](bytes[(8 + length)...])),
        to: "model.safetensors", in: folder)
      let configuration = try String(
        contentsOfFile: TestPaths.fixture("model/bert/config.json"), encoding: .utf8)
      return try PromptedModel(
        weights: try SafetensorsFile(path: path), configuration: try JSON(parsing: configuration),
        threads: 1
      ).scores(fixture.batch, prompt: nil, readout: fixture.readout())
    }
  }

  @Test func placeInTheFileDoesNotMatter() throws {
    let results = try ["", " ", "  ", "   "].map { padding in
      try scores(padding: padding) { Tensor($0, shape: $1, floats: $2) }
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0].values.contains { $0 != 0 })
  }

  @Test func sixteenBitsAreReadAsTheNumbersTheyStandFor() throws {
    func bytes(_ bits: [UInt16]) -> [UInt8] {
      bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }
    let upperHalf = try scores(padding: "") { name, shape, values in
      Tensor(
        name, type: "BF16", shape: shape, bytes: bytes(values.map { UInt16($0.bitPattern >> 16) }))
    }
    let cut = try scores(padding: "") { name, shape, values in
      Tensor(
        name, shape: shape, floats: values.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) })
    }
    #expect(upperHalf == cut)
    let half = try scores(padding: "") { name, shape, values in
      Tensor(
        name, type: "F16", shape: shape, bytes: bytes(values.map { Float16($0).bitPattern }))
    }
    let rounded = try scores(padding: "") { name, shape, values in
      Tensor(name, shape: shape, floats: values.map { Float(Float16($0)) })
    }
    #expect(half == rounded)
    #expect(half != upperHalf)
  }
}
