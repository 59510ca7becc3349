import EPTConvert
import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// The names that checkpoints give their tensors.
@Suite struct TensorNameTests {
  private typealias Tensor = SafetensorsBytes.Tensor

  private func convert(_ checkpoint: TinyCheckpoint) throws -> (ConversionSummary, BackboneFile) {
    try TestPaths.withTemporaryFolder { folder in
      try checkpoint.write(to: folder)
      let output = folder + "/out.ept"
      let summary = try Converter(
        input: folder, output: output, choice: EncodingChoice(.lossless)
      ).run()
      return (summary, try BackboneFile(path: output))
    }
  }

  private func expectRefusal(
    _ checkpoint: TinyCheckpoint, saying texts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try convert(checkpoint)
    }
    let message = error.map { String(describing: $0) } ?? ""
    for text in texts {
      #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(!message.contains("\n"), sourceLocation: sourceLocation)
  }

  private func renamed(_ tensor: Tensor, _ name: String) -> Tensor {
    Tensor(name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
  }

  @Test(
    "One prefix in front of all names is taken off, whatever it is",
    arguments: [
      "module.", "_orig_mod.", "module.bert.", "0.auto_model.", "model.", "transformer.",
      "state.of.someone's.own.wrapper.",
    ], [TinyCheckpoint.bert, TinyCheckpoint.t5])
  func takesOffThePrefix(prefix: String, configuration: String) throws {
    let plain = try TinyCheckpoint(configuration)
    var checkpoint = plain
    checkpoint.tensors = plain.tensors.map { renamed($0, prefix + $0.name) }
    checkpoint.tensors.append(
      Tensor("classification_head.out_proj.bias", shape: [2], floats: [1, 2]))
    let (summary, file) = try convert(checkpoint)
    #expect(summary.dropped == ["classification_head.out_proj.bias"])
    for tensor in plain.tensors {
      let stored = try file.tensor(tensor.name)
      #expect(stored.copiedBytes == tensor.bytes)
    }
  }

  @Test func refusesTwoModels() throws {
    var checkpoint = try TinyCheckpoint()
    checkpoint.tensors += checkpoint.tensors.map { renamed($0, "module." + $0.name) }
    expectRefusal(
      checkpoint, saying: "two models", "`embeddings.word_embeddings.weight`",
      "`module.embeddings.word_embeddings.weight`")
  }

  @Test func namesWhatIsMissingBehindThePrefix() throws {
    var checkpoint = try TinyCheckpoint()
    let name = "encoder.layer.0.output.dense.weight"
    checkpoint.tensors = checkpoint.tensors.filter { $0.name != name }
      .map { renamed($0, "module." + $0.name) }
    expectRefusal(checkpoint, saying: "no tensor `module.\(name)`")
  }

  @Test func tellsAMissingPartFromMissingTensors() throws {
    var checkpoint = try TinyCheckpoint(TinyCheckpoint.t5)
    let count = checkpoint.tensors.count
    let decoder = checkpoint.tensors.count { $0.name.hasPrefix("decoder.") }
    checkpoint.tensors.removeAll { $0.name.hasPrefix("decoder.") }
    expectRefusal(
      checkpoint, saying: "\(decoder - 1) others of the \(count)", "begins with `decoder.`")
    checkpoint = try TinyCheckpoint(TinyCheckpoint.t5)
    checkpoint.tensors.removeAll { $0.name.hasPrefix("decoder.block.0.layer.1.") }
    expectRefusal(checkpoint, saying: "is the file whole?")
  }

  @Test func tellsAnotherModelsTensors() throws {
    var checkpoint = try TinyCheckpoint()
    checkpoint.tensors = [Tensor("blk.0.attn_q.weight", shape: [1], floats: [1])]
    expectRefusal(
      checkpoint, saying: "`embeddings.word_embeddings.weight`", "`blk.0.attn_q.weight`")
  }

  @Test(
    "A tensor in a block that nobody reads is an error",
    arguments: [
      "encoder.layer.0.attention.self.query.lora_A.weight", "encoder.layer.1.output.dense.bias",
      "encoder.layer.0.attention.self.distance_embedding.weight",
    ])
  func refusesUnreadTensorsOfBlocks(name: String) throws {
    for prefix in ["", "bert."] {
      var checkpoint = try TinyCheckpoint()
      checkpoint.tensors = checkpoint.tensors.map { renamed($0, prefix + $0.name) }
      checkpoint.tensors.append(Tensor(prefix + name, shape: [1], floats: [1]))
      expectRefusal(checkpoint, saying: "`\(prefix + name)`", "no place for it")
    }
  }

  @Test(arguments: [
    (TinyCheckpoint.bert, "encoder.layer.0.attention.self.position_ids"),
    (TinyCheckpoint.bert, "pooler.dense.weight"),
    (
      TinyCheckpoint.t5,
      "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    ),
  ])
  func dropsWhatIsKnownToBeHarmless(configuration: String, name: String) throws {
    var checkpoint = try TinyCheckpoint(configuration)
    checkpoint.tensors.append(Tensor(name, shape: [1], floats: [1]))
    #expect(try convert(checkpoint).0.dropped == [name])
  }

  @Test("Two names of one tensor must hold the same numbers")
  func comparesCopies() throws {
    let norm = "embeddings.LayerNorm."
    for (configuration, name, other) in [
      (TinyCheckpoint.bert, norm + "weight", norm + "gamma"),
      (TinyCheckpoint.t5, "shared.weight", "decoder.embed_tokens.weight"),
      (
        TinyCheckpoint.t5.replacing("\"tie_word_embeddings\": false", with: "\"x\": 0"),
        "shared.weight", "lm_head.weight"
      ),
    ] {
      var checkpoint = try TinyCheckpoint(configuration)
      let tensor = try #require(checkpoint.tensors.first { $0.name == name })
      let bytes = tensor.bytes
      checkpoint.tensors.append(renamed(tensor, other))
      let (summary, file) = try convert(checkpoint)
      #expect(summary.dropped.isEmpty)
      let stored = try file.tensor(name)
      #expect(stored.copiedBytes == bytes)
      checkpoint.tensors.removeLast()
      checkpoint.tensors.append(
        Tensor(other, type: tensor.type, shape: tensor.shape, bytes: bytes.reversed()))
      expectRefusal(checkpoint, saying: "`\(name)`", "`\(other)`", "differ")
    }
  }

  @Test func roundsBinary64() throws {
    var checkpoint = try TinyCheckpoint()
    let name = "encoder.layer.0.output.dense.weight"
    let values = (0..<320).map { 1 / Double($0 + 1) }
    checkpoint.change(name) {
      Tensor(
        $0.name, type: "F64", shape: $0.shape,
        bytes: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }
    let (summary, file) = try convert(checkpoint)
    #expect(try file.tensor(name).floats() == values.map { Float($0) })
    #expect(summary.tensors.first { $0.name == name }?.sourceSize == 8 * 320)
  }

  @Test func asksForAModelType() throws {
    var checkpoint = try TinyCheckpoint()
    checkpoint.configuration = checkpoint.configuration.replacing(
      #""model_type": "bert","#, with: "")
    expectRefusal(checkpoint, saying: "config.json has no `model_type`", "bert, t5")
  }
}
