import EPTConvert
import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// Checkpoints in several files under `model.safetensors.index.json`.
@Suite struct ShardTests {
  private static let names = [
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
  ]

  /// Splits the checkpoint in `folder` into two shards with an index that `change` has changed.
  private func shard(
    _ checkpoint: TinyCheckpoint, in folder: String, holdingTwice twice: Int? = nil,
    _ change: (inout [JSONMember]) -> Void = { _ in }
  ) throws {
    try checkpoint.write(to: folder)
    try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
    let half = checkpoint.tensors.count / 2
    let parts = [Array(checkpoint.tensors[..<half]), Array(checkpoint.tensors[half...])]
    var map: [JSONMember] = []
    for (name, tensors) in zip(Self.names, parts) {
      let copies = name == Self.names[1] ? twice.map { [checkpoint.tensors[$0]] } ?? [] : []
      _ = try TestPaths.write(SafetensorsBytes.file(tensors + copies), to: name, in: folder)
      map += tensors.map { JSONMember($0.name, .string(name)) }
    }
    change(&map)
    let index: JSON = ["metadata": ["total_size": 1], "weight_map": .object(map)]
    _ = try TestPaths.write(
      Array(index.serialized().utf8), to: "model.safetensors.index.json", in: folder)
  }

  private func expectRefusal(
    saying texts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    removing removed: [String] = [], holdingTwice twice: Int? = nil, without lost: String? = nil,
    _ change: (inout [JSONMember]) -> Void = { _ in }
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      var checkpoint = try TinyCheckpoint()
      if let lost { checkpoint.change(lost) { _ in nil } }
      try shard(checkpoint, in: folder, holdingTwice: twice, change)
      for name in removed { try FileManager.default.removeItem(atPath: folder + "/" + name) }
      let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
        try Converter(input: folder, output: folder + "/out.ept", choice: EncodingChoice(.lossless))
          .run()
      }
      let message = error.map { String(describing: $0) } ?? ""
      for text in texts {
        #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
      }
      #expect(!message.contains("\n"), sourceLocation: sourceLocation)
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.ept"))
    }
  }

  @Test func readsAllShards() throws {
    try TestPaths.withTemporaryFolder { folder in
      let checkpoint = try TinyCheckpoint()
      try shard(checkpoint, in: folder)
      for input in [folder, folder + "/", folder + "/model.safetensors.index.json"] {
        let output = folder + "/out.ept"
        let summary = try Converter(
          input: input, output: output, choice: EncodingChoice(.lossless), replacing: true
        ).run()
        let weights = summary.provenance.sources.filter { $0.role == .weights }
        #expect(weights.map(\.name) == Self.names)
        let file = try BackboneFile(path: output)
        for tensor in checkpoint.tensors {
          let stored = try file.tensor(tensor.name)
          #expect(stored.copiedBytes == tensor.bytes)
        }
      }
    }
  }

  @Test("An index may name tensors that no shard holds and the model does not need")
  func indexesNameTiedTensors() throws {
    try TestPaths.withTemporaryFolder { folder in
      // As flan-t5-xl's index does.
      try shard(TinyCheckpoint(TinyCheckpoint.t5), in: folder) {
        $0.append(JSONMember("encoder.embed_tokens.weight", .string(Self.names[0])))
        $0.append(JSONMember("decoder.embed_tokens.weight", .string(Self.names[0])))
      }
      let summary = try Converter(
        input: folder, output: folder + "/out.ept", choice: EncodingChoice(.lossless)
      ).run()
      #expect(summary.architecture == "t5")
      #expect(summary.dropped.isEmpty)
    }
  }

  @Test func readsATensorThatTheIndexDoesNotName() throws {
    try TestPaths.withTemporaryFolder { folder in
      try shard(TinyCheckpoint(), in: folder) { $0.removeFirst() }
      let summary = try Converter(
        input: folder, output: folder + "/out.ept", choice: EncodingChoice(.lossless)
      ).run()
      #expect(summary.dropped.isEmpty)
    }
  }

  @Test func namesAllMissingShards() throws {
    try expectRefusal(
      saying: "2 files, of which 1 is missing: \(Self.names[1])", removing: [Self.names[1]])
    try expectRefusal(
      saying: "2 are missing: \(Self.names[0]), \(Self.names[1])", removing: Self.names)
  }

  @Test func namesATensorThatIsNotInItsShard() throws {
    try expectRefusal(
      saying: "`\(TinyCheckpoint().tensors[0].name)` is in \(Self.names[1]), but \(Self.names[0])"
    ) {
      $0[0].value = .string(Self.names[1])
    }
    let lost = "encoder.layer.0.output.dense.bias"
    try expectRefusal(
      saying: Self.names[1], "no tensor `\(lost)`, which model.safetensors.index.json says",
      without: lost
    ) {
      $0.append(JSONMember(lost, .string(Self.names[1])))
    }
  }

  @Test func refusesATensorInTwoShards() throws {
    try expectRefusal(
      saying: "`\(TinyCheckpoint().tensors[0].name)` is in both", Self.names[0], Self.names[1],
      holdingTwice: 0)
  }

  @Test(arguments: ["../x.safetensors", "/etc/x.safetensors", "..", "", "config.json"])
  func shardsStayInTheirFolder(name: String) throws {
    try expectRefusal(saying: "model.safetensors.index.json", "beside the index") {
      $0[0].value = .string(name)
    }
  }

  @Test func refusesAnIndexWithoutFiles() throws {
    try expectRefusal(saying: "weight_map") { $0 = [] }
    try expectRefusal(saying: "beside the index") { $0[0].value = 3 }
  }
}
