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
    _ checkpoint: TinyCheckpoint, in folder: String,
    _ change: (inout [JSONMember]) -> Void = { _ in }
  ) throws {
    try checkpoint.write(to: folder)
    try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
    let half = checkpoint.tensors.count / 2
    let parts = [Array(checkpoint.tensors[..<half]), Array(checkpoint.tensors[half...])]
    var map: [JSONMember] = []
    for (name, tensors) in zip(Self.names, parts) {
      _ = try TestPaths.write(SafetensorsBytes.file(tensors), to: name, in: folder)
      map += tensors.map { JSONMember($0.name, .string(name)) }
    }
    change(&map)
    let index: JSON = ["metadata": ["total_size": 1], "weight_map": .object(map)]
    _ = try TestPaths.write(
      Array(index.serialized().utf8), to: "model.safetensors.index.json", in: folder)
  }

  private func expectRefusal(
    saying texts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    removing removed: String? = nil, _ change: (inout [JSONMember]) -> Void = { _ in }
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      try shard(TinyCheckpoint(), in: folder, change)
      if let removed { try FileManager.default.removeItem(atPath: folder + "/" + removed) }
      let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try Converter(input: folder, output: folder + "/out.ept", choice: EncodingChoice(.lossless))
          .run()
      }
      for text in texts {
        #expect(
          error?.description.contains(text) == true, "\(String(describing: error))",
          sourceLocation: sourceLocation)
      }
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

  @Test func namesAMissingShardAndATensorOfIt() throws {
    let held = try TinyCheckpoint().tensors
    try expectRefusal(
      saying: Self.names[1], "`\(held[held.count / 2].name)`", removing: Self.names[1])
  }

  @Test func namesATensorThatIsNotInItsShard() throws {
    try expectRefusal(saying: Self.names[1], "`\(TinyCheckpoint().tensors[0].name)`") {
      $0[0].value = .string(Self.names[1])
    }
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
