import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTConvert

/// GGUF models converted, against the checkpoints that they were made of.
@Suite struct GGUFConversionTests {
  private func path(_ name: String) -> String { TestPaths.fixture("gguf/\(name).gguf") }

  /// What the conversion of `input` gives.
  private func convert(_ input: String) throws -> BackboneFile {
    try TestPaths.withTemporaryFolder { folder in
      _ = try Converter(
        input: input, output: folder + "/a.ept", choice: EncodingChoice(.lossless)
      ).run()
      return try BackboneFile(path: folder + "/a.ept")
    }
  }

  @Test(arguments: [
    ("llama", "llama"), ("llama-spm-00001-of-00002", "llama"), ("qwen2", "qwen2"),
  ])
  func holdsTheCheckpointsWeights(_ name: String, _ family: String) throws {
    let file = try convert(path(name))
    let checkpoint = try SafetensorsFile(
      path: TestPaths.fixture("model/\(family)/model.safetensors"))
    #expect(file.architecture == family)
    #expect(file.tensorNames.sorted() == checkpoint.tensorNames.sorted())
    for name in checkpoint.tensorNames {
      #expect(try file.tensor(name).floats() == checkpoint.tensor(name).floats(), "\(name)")
    }
    // The settings, too: both load, and give the same.
    let json = try String(
      contentsOfFile: TestPaths.fixture("model/\(family)/config.json"), encoding: .utf8)
    let texts = TokenBatch([
      TokenizedText(ids: [5, 90, 17, 44, 3], tokenTypeIDs: [0, 0, 0, 0, 0])
    ])
    func scores(_ weights: any WeightSource, _ configuration: JSON) throws -> [[Float]] {
      let model = try PromptedModel(weights: weights, configuration: configuration, threads: 1)
      #expect(model.endToken != nil)
      let prompt = try model.prepare(nil, readout: .labelWords([[7], [8], [9, 4]]))
      return try model.scores(texts, prompts: [prompt], promptOfText: [0])
    }
    let (own, expected) = (
      try scores(file, file.configuration), try scores(checkpoint, JSON(parsing: json))
    )
    for (one, other) in zip(own.joined(), expected.joined()) { #expect(abs(one - other) < 1e-5) }
  }

  /// Encoders, with a decoder or without; their matrices are in binary16.
  @Test(arguments: [("bert", "bert"), ("umt5", "t5"), ("t5-encoder", "t5")])
  func holdsTheWeightsOfOthers(_ name: String, _ label: String) throws {
    let file = try convert(path(name))
    let checkpoint = try SafetensorsFile(path: TestPaths.fixture("model/\(name)/model.safetensors"))
    #expect(file.architecture == label && file.pooling == (name == "bert" ? "cls" : nil))
    for name in file.tensorNames {
      let expected = try checkpoint.tensor(name)
      #expect(try file.tensor(name).shape == expected.shape, "\(name)")
      let rounded = try expected.floats().map { expected.shape.count > 1 ? Float(Float16($0)) : $0 }
      #expect(try file.tensor(name).floats() == rounded, "\(name)")
    }
    // The settings say the same as the checkpoint's.
    let json = try String(
      contentsOfFile: TestPaths.fixture("model/\(name)/config.json"), encoding: .utf8)
    let ids: [Int32] = [5, 90, 17, 44, 3]
    let texts = TokenBatch([TokenizedText(ids: ids, tokenTypeIDs: [0, 0, 0, 0, 0])])
    func results(_ configuration: JSON) throws -> [Float] {
      let model = try PromptedModel(weights: file, configuration: configuration, threads: 1)
      guard model.hasDecoder else { return try model.pooledStates(texts).values }
      let prompt = try model.prepare(nil, readout: .labelWords([[7], [8], [9, 4]]))
      return try model.scores(texts, prompts: [prompt], promptOfText: [0])[0]
    }
    let (own, expected) = (try results(file.configuration), try results(JSON(parsing: json)))
    #expect(own.count >= 3 && own == expected)
  }

  /// Ids are those of the `tokenizers` and `sentencepiece` packages.
  @Test(arguments: [
    ("llama", "llama"), ("llama-spm-00001-of-00002", "llama-spm"), ("bert", "bert"),
    ("umt5", "t5"),
  ])
  func readsTheTokenizer(_ name: String, _ key: String) throws {
    let tokenizer = try TokenizerTables.open(convert(path(name)).tokenizerTables)
    let golden = try JSON(
      parsing: String(contentsOfFile: TestPaths.fixture("gguf/tokens.json"), encoding: .utf8))
    let texts = golden[key]?.array ?? []
    #expect(texts.count > 5)
    for entry in texts {
      let text = entry.array?[0].string ?? ""
      let ids = (entry.array?[1].array ?? []).map { Int32($0.integer ?? -1) }
      #expect(tokenizer.encode(text).ids == ids, "\(text)")
    }
  }

  @Test func findsTheModelInItsFolder() throws {
    try TestPaths.withTemporaryFolder { folder in
      for name in ["llama-spm-00001-of-00002", "llama-spm-00002-of-00002"] {
        try FileManager.default.copyItem(atPath: path(name), toPath: "\(folder)/\(name).gguf")
      }
      #expect(try convert(folder).architecture == "llama")
      try FileManager.default.copyItem(atPath: path("qwen2"), toPath: "\(folder)/b.gguf")
      #expect(throws: FormatError.self) { try convert(folder) }
    }
  }

  @Test func namesPartsThatAreMissing() throws {
    try TestPaths.withTemporaryFolder { folder in
      let first = "\(folder)/a-00001-of-00002.gguf"
      try FileManager.default.copyItem(atPath: path("llama-spm-00001-of-00002"), toPath: first)
      #expect(
        throws: ConvertError.missingShards(
          path: first, missing: ["a-00002-of-00002.gguf"], count: 2)
      ) { try convert(first) }
    }
    #expect(throws: (any Error).self) { try convert(path("llama-spm-00002-of-00002")) }
  }

  @Test func refusesOtherModels() throws {
    func expectError(_ metadata: [(String, GGUFBytes.Value)], _ tensors: [GGUFBytes.Tensor] = [])
      throws
    {
      try TestPaths.withTemporaryFolder { folder in
        try Data(GGUFBytes.file(metadata: metadata, tensors: tensors)).write(
          to: URL(fileURLWithPath: folder + "/a.gguf"))
        #expect(throws: FormatError.self) { try convert(folder + "/a.gguf") }
      }
    }
    try expectError([])
    try expectError([("general.architecture", .string("mamba"))])
    try expectError([("general.architecture", .uint32(3))])
    try expectError([("general.architecture", .string("bert"))])
    try expectError([("general.architecture", .string("t5"))])
    try expectError([("general.architecture", .string("llama"))])
    try expectError([
      ("general.architecture", .string("llama")), ("llama.expert_count", .uint32(8)),
    ])
    try expectError([("split.count", .uint32(2)), ("general.architecture", .string("llama"))])
  }

  @Test func namesOfParts() {
    let part = GGUFModel.Part(name: "a-b-00002-of-00010.gguf")
    #expect(part?.number == 2 && part?.count == 10)
    #expect(part?.name(1) == "a-b-00001-of-00010.gguf")
    for name in ["a.gguf", "a-2-of-3.gguf", "a-00004-of-00003.gguf", "a-00000-of-00003.gguf"] {
      #expect(GGUFModel.Part(name: name) == nil)
    }
  }
}
