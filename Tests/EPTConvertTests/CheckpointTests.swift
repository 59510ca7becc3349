import EPTConvert
import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import EPTText
import Foundation
import Testing

/// What checkpoints come as, and what is wrong with some.
@Suite struct CheckpointTests {
  private func convert(_ folder: String, input: String? = nil) throws -> ConversionSummary {
    try Converter(
      input: input ?? folder, output: folder + "/out.ept", choice: EncodingChoice(.lossless)
    ).run()
  }

  /// Expects that `checkpoint` is refused in a message of one line that holds every one of `texts`,
  /// and that no output is left.
  private func expectRefusal(
    _ checkpoint: TinyCheckpoint, saying texts: String..., encoding: TargetEncoding = .lossless,
    sourceLocation: SourceLocation = #_sourceLocation,
    after change: (String) throws -> Void = { _ in }
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      try checkpoint.write(to: folder)
      try change(folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
        try Converter(input: folder, output: folder + "/out.ept", choice: EncodingChoice(encoding))
          .run()
      }
      guard let error else { return }
      let message = String(describing: error)
      for text in texts {
        #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
      }
      #expect(!message.contains("\n"), sourceLocation: sourceLocation)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(left == names, sourceLocation: sourceLocation)
    }
  }

  @Test func stripsThePrefixAndTheOldNamesOfNorms() throws {
    var checkpoint = try TinyCheckpoint()
    let plain = checkpoint
    checkpoint.tensors = plain.tensors.map {
      var name = "bert." + $0.name
      for (new, old) in [("LayerNorm.weight", "gamma"), ("LayerNorm.bias", "beta")]
      where name.hasSuffix(new) {
        name = name.dropLast(new.count) + "LayerNorm." + old
      }
      return .init(name, type: $0.type, shape: $0.shape, bytes: $0.bytes)
    }
    checkpoint.tensors += [
      .init("cls.predictions.bias", shape: [1], floats: [1]),
      .init("position_ids", type: "I64", shape: [1], bytes: .init(repeating: 0, count: 8)),
    ]
    try TestPaths.withTemporaryFolder { folder in
      try checkpoint.write(to: folder)
      let summary = try convert(folder)
      #expect(summary.dropped == ["cls.predictions.bias", "position_ids"])
      let file = try BackboneFile(path: folder + "/out.ept")
      for tensor in plain.tensors {
        let stored = try file.tensor(tensor.name)
        #expect(stored.copiedBytes == tensor.bytes)
      }
    }
  }

  @Test(arguments: ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"])
  func findsTheEmbeddingOfT5(name: String) throws {
    var checkpoint = try TinyCheckpoint(TinyCheckpoint.t5)
    let embedding = checkpoint.tensors.first { $0.name == "shared.weight" }
    checkpoint.change("shared.weight") {
      .init(name, type: $0.type, shape: $0.shape, bytes: $0.bytes)
    }
    try TestPaths.withTemporaryFolder { folder in
      try checkpoint.write(to: folder)
      let summary = try convert(folder)
      #expect(summary.architecture == "t5")
      let stored = try BackboneFile(path: folder + "/out.ept").tensor("shared.weight")
      #expect(stored.copiedBytes == embedding?.bytes)
    }
  }

  @Test func namesTheTensorAtFault() throws {
    let name = "encoder.layer.0.output.dense.weight"
    var checkpoint = try TinyCheckpoint()
    checkpoint.change(name) { _ in nil }
    try expectRefusal(checkpoint, saying: "no tensor `\(name)`")

    checkpoint = try TinyCheckpoint()
    checkpoint.change(name) { .init($0.name, type: $0.type, shape: [20, 16], bytes: $0.bytes) }
    try expectRefusal(checkpoint, saying: name, "[20, 16]", "[16, 20]")

    checkpoint = try TinyCheckpoint()
    checkpoint.change(name) {
      .init($0.name, type: "I32", shape: $0.shape, bytes: $0.bytes)
    }
    try expectRefusal(checkpoint, saying: name, "I32", "F64, F32, F16 or BF16")
  }

  @Test func findsNumbersThatCannotBeWeights() throws {
    let name = "encoder.layer.0.output.dense.weight"
    for (value, text) in [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")] {
      var checkpoint = try TinyCheckpoint()
      checkpoint.overwrite(name, with: .init(repeating: 0, count: 23) + [value])
      try expectRefusal(checkpoint, saying: "`\(name)` is \(text) at [1, 3]")
      try expectRefusal(checkpoint, saying: "`\(name)` is \(text) at [1, 3]", encoding: .q8)
    }
    var checkpoint = try TinyCheckpoint()
    checkpoint.overwrite(name, with: [0, 65_520])
    try expectRefusal(checkpoint, saying: name, "65520.0 at [0, 1]", "f16", encoding: .f16)
    checkpoint.overwrite(name, with: [.greatestFiniteMagnitude])
    try expectRefusal(checkpoint, saying: name, "[0, 0]", "bf16", encoding: .bf16)
  }

  @Test func refusesOtherArchitecturesNamingItsOwn() throws {
    var checkpoint = try TinyCheckpoint()
    checkpoint.configuration = #"{"model_type": "mamba"}"#
    try expectRefusal(checkpoint, saying: "mamba", "bert", "t5")
    checkpoint.configuration = "{}"
    try expectRefusal(checkpoint, saying: "model_type", "bert", "t5")
    checkpoint.configuration = #"{"model_type": "bert"}"#
    try expectRefusal(checkpoint, saying: "config.json", "hidden_size")
    checkpoint.configuration = "{"
    try expectRefusal(checkpoint, saying: "config.json is corrupt")
  }

  @Test func refusesATokenizerOfAnotherModel() throws {
    var checkpoint = try TinyCheckpoint()
    checkpoint.vocabulary += "one\ntwo\n"
    try expectRefusal(checkpoint, saying: "10 tokens", "8 embeddings")
  }

  @Test(arguments: ["config.json", "vocab.txt", "model.safetensors"])
  func namesTheMissingFile(name: String) throws {
    let said =
      name == "vocab.txt"
      ? "tokenizer.json, spiece.model, sentencepiece.bpe.model, spm.model, vocab.txt, vocab.json"
      : name
    try expectRefusal(TinyCheckpoint(), saying: said) { folder in
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  @Test(arguments: [
    "model.safetensors", "model.safetensors.index.json", "config.json", "tokenizer.json",
    "tokenizer_config.json", "spiece.model", "vocab.txt",
  ])
  func refusesWhatStandsInForAFile(name: String) throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    for (text, said) in [
      (pointer, "is a git-LFS pointer, not a"), (pointer, "git lfs pull"),
      ("\n<!doctype html>", "is a web page, not a"),
      ("<HTML lang=en>", "fetch the file itself again"),
    ] {
      try expectRefusal(TinyCheckpoint(), saying: "/\(name) is", said) { folder in
        if name.hasSuffix(".index.json") {
          try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
        }
        _ = try TestPaths.write(Array(text.utf8), to: name, in: folder)
      }
    }
  }

  @Test func refusesCutWeights() throws {
    try expectRefusal(TinyCheckpoint(), saying: "truncated") { folder in
      let whole = try TestPaths.read(folder + "/model.safetensors")
      _ = try TestPaths.write(whole.dropLast(1) + [], to: "model.safetensors", in: folder)
    }
  }

  @Test func keepsAnOutputUnlessTold() throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      let path = try TestPaths.write([1], to: "out.ept", in: folder)
      #expect(throws: SystemError.outputExists(path: path)) { try convert(folder) }
      #expect(throws: SystemError.outputExists(path: path)) {
        try Converter(input: folder, output: path, choice: EncodingChoice(.lossless)).dryRun()
      }
      #expect(try TestPaths.read(path) == [1])
      _ = try Converter(
        input: folder, output: path, choice: EncodingChoice(.lossless), replacing: true
      ).run()
      #expect(try BackboneFile(path: path).architecture == "bert")
    }
  }

  @Test(arguments: ["model.safetensors", "config.json"])
  func neverReplacesItsInput(name: String) throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      let input = folder + "/model.safetensors"
      let output = folder + "/" + name
      let before = try TestPaths.read(output)
      #expect(throws: ConvertError.outputIsInput(path: output)) {
        try Converter(
          input: input, output: output, choice: EncodingChoice(.lossless), replacing: true
        ).run()
      }
      #expect(try TestPaths.read(output) == before)
    }
  }
}
