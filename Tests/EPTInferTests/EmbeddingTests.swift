import EPTConvert
import EPTData
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTInfer

/// Vectors of texts, against those of sentence-transformers (fixtures/infer/make_embeddings.py).
struct EmbeddingTests {
  private let golden: GoldenTensors

  init() throws {
    golden = try GoldenTensors(path: TestPaths.fixture("infer/embeddings.safetensors"))
  }

  private func texts(_ model: String) throws -> [String] {
    let list = try #require(golden.metadata[ByteName("\(model).texts")])
    return try JSON(parsing: list).array?.compactMap(\.string) ?? []
  }

  /// Expects the vectors of `model`'s texts, after conversion of the checkpoint at `path`.
  private func expectGolden(
    _ model: String, _ path: String, pooling: Pooling, isNormalized: Bool
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = folder + "/model.ept"
      _ = try Converter(input: path, output: file, choice: EncodingChoice(.f32)).run()
      var settings = EmbeddingSettings()
      settings.pooling = pooling
      settings.isNormalized = isNormalized
      let vectors = try InferenceModel(path: file, threads: 2)
        .embeddings(of: texts(model).map { [$0] }, settings)
      let expected = try golden.floats(
        "\(model).\(pooling.rawValue)\(isNormalized ? ".normalized" : "")")
      #expect(vectors.joined().count == expected.count)
      let largest = zip(vectors.joined(), expected).map { abs($0 - $1) }.max() ?? 1
      #expect(largest < 1e-5, "\(model) \(pooling)")
    }
  }

  @Test(arguments: Pooling.allCases, [true, false])
  func tinyModels(pooling: Pooling, isNormalized: Bool) throws {
    try expectGolden(
      "bert", TestPaths.fixture("convert/bert"), pooling: pooling, isNormalized: isNormalized)
    try expectGolden(
      "t5", TestPaths.fixture("demo/model"), pooling: pooling, isNormalized: isNormalized)
  }

  @Test(.enabled(if: TestPaths.hasShared, "needs ../shared"))
  func miniLM() throws {
    try expectGolden(
      "minilm", TestPaths.shared("models/all-minilm-l6-v2"), pooling: .mean, isNormalized: true)
  }

  @Test("A bundle's prompt and template are read; its rows are no part of the vector")
  func behindAPrompt() throws {
    let fixture = try StreamFixture()
    let model = InferenceModel(fixture.backbone)
    let task = try model.task(path: fixture.bundle("sst2", seed: 1))
    let rows = [["a film"], ["a dull story with a lovely film"], [""]]
    var settings = EmbeddingSettings()
    settings.isNormalized = false
    let vectors = try model.embeddings(of: rows, by: task, settings)
    // A head that is the identity shows the vectors that a task would be read off.
    let d = fixture.backbone.model.hiddenSize
    let bundle = try TaskBundle(path: fixture.folder + "/tasks/sst2.eptb")
    let predictor = try Predictor(bundle, path: "sst2.eptb", on: fixture.backbone)
    var identity = LinearHead(
      weight: .init(rows: d, columns: d), bias: [Float](repeating: 0, count: d))
    for index in 0..<d { identity.weight.values[index * d + index] = 1 }
    let prepared = try fixture.backbone.model.prepare(
      bundle.prompt.folded(), readout: .head(identity))
    let expected = try fixture.backbone.model.scores(
      TokenBatch(rows.map { predictor.encoder.tokens($0) }), prompt: prepared)
    for (actual, expected) in zip(vectors.joined(), expected.values) {
      #expect(abs(actual - expected) < 1e-5)
    }
    let plain = try model.embeddings(of: rows, settings)
    #expect(zip(vectors.joined(), plain.joined()).contains { abs($0 - $1) > 1e-2 })
  }

  @Test("Lengths beyond the model's positions are refused")
  func inputLength() throws {
    try TestPaths.withTemporaryFolder { folder in
      let file = folder + "/model.ept"
      _ = try Converter(
        input: TestPaths.fixture("convert/bert"), output: file, choice: EncodingChoice(.f32)
      ).run()
      let model = try InferenceModel(path: file, threads: 1)
      var settings = EmbeddingSettings()
      settings.inputLength = 33
      #expect(throws: ModelError.tooLong(tokens: 33, prompt: 0, limit: 32)) {
        try model.embeddings(of: [["film"]], settings)
      }
      // Without a wish texts are cut at the 32 positions that there are.
      let long = String(repeating: "good ", count: 100)
      let cut = String(repeating: "good ", count: 30)
      #expect(try model.embeddings(of: [[long]]) == model.embeddings(of: [[cut]]))
    }
  }

  @Test("A row of another number of texts is bad")
  func badRow() throws {
    let fixture = try StreamFixture()
    #expect(
      throws: InferError.badRecord(
        input: "rows", line: 2, fault: .columns(expected: ["text"], actual: 2))
    ) {
      try InferenceModel(fixture.backbone).embeddings(of: [["a"], ["a", "b"]])
    }
  }
}
