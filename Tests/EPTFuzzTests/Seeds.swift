import EPTModel
import EPTTask
import EPTTestSupport

@testable import EPTFormat

/// Whole files for `Mutator` to damage: small, so that little of a file is beside the point.
enum Seeds {
  private static func floats(_ count: Int) -> [UInt8] {
    var random = SplitMix(seed: 9)
    return (0..<count).flatMap { _ in
      withUnsafeBytes(of: random.weight().bitPattern.littleEndian, Array.init)
    }
  }

  /// Checkpoints.
  static func safetensors() -> [[UInt8]] {
    let several = SafetensorsBytes.file([
      .init("a.weight", type: "F32", shape: [3, 4], bytes: floats(12)),
      .init("a.bias", type: "BF16", shape: [4], bytes: [UInt8](repeating: 1, count: 8)),
      .init("b", type: "F16", shape: [2, 2, 2], bytes: [UInt8](repeating: 2, count: 16)),
      .init("ids", type: "I64", shape: [1], bytes: [UInt8](repeating: 0, count: 8)),
      .init("half", type: "F4", shape: [6], bytes: [1, 2, 3]), .init("no", shape: [0], floats: []),
    ])
    let metadata = SafetensorsBytes.file(
      header: #"{"__metadata__":{"format":"pt","\u00e9":"\ud83d\ude00"},"#
        + #""w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   "#, buffer: [0, 0, 128, 63])
    let many = SafetensorsBytes.file(
      (0..<40).map { .init("layer.\($0).weight", type: "U8", shape: [1, 2], bytes: [1, 2]) })
    return [several, metadata, many]
  }

  /// Files of `torch.save`, as fixtures/format/make_torch.py makes them.
  static func pytorch() throws -> [[UInt8]] {
    try ["types", "shared", "state", "protocol4", "views", "double", "zip64"].map {
      try TestPaths.read(TestPaths.fixture("format/torch/\($0).bin"))
    }
  }

  /// The pickle in a file of `torch.save`.
  static func pickle(of file: [UInt8]) -> [UInt8] {
    entries(of: file).first { $0.name.hasSuffix("data.pkl") }?.bytes ?? []
  }

  /// `file` with another pickle, or a file of nothing but one; its checksums fit.
  static func pytorch(pickle: [UInt8], of file: [UInt8] = []) -> [UInt8] {
    let others = entries(of: file)
    let name = others.first { $0.name.hasSuffix("data.pkl") }?.name ?? "a/data.pkl"
    return ZipBytes.file([(name, pickle)] + others.filter { $0.name != name })
  }

  private static func entries(of file: [UInt8]) -> [(name: String, bytes: [UInt8])] {
    file.withUnsafeBytes { bytes in
      ((try? StoredZip(bytes, path: "seed"))?.entries ?? [:])
        .map { ($0.key.text, Array($0.value.bytes)) }.sorted { $0.0 < $1.0 }
    }
  }

  /// Backbones with tensors of every encoding and codec.
  static func backbones() throws -> [[UInt8]] {
    let provenance = Provenance(sources: [
      .init(role: .weights, name: "m", size: 3, digest: SHA256.digest(of: [1]))
    ])
    let whole = try TestPaths.withTemporaryFolder { folder in
      var writer = ContainerWriter(kind: .backbone)
      for (name, text) in [
        ("architecture", "bert"), ("config", #"{"hidden_size":8}"#), ("tokenizer", "tables"),
        ("provenance", provenance.json.serialized()),
      ] {
        writer.addSection(name, Array(text.utf8))
      }
      writer.addTensor(name: "f32", shape: [3, 4], encoding: .f32, bytes: floats(12))
      for (name, encoding) in [("q8", TensorEncoding.q8), ("q4", .q4)] {
        let size = encoding.byteCount(shape: [3, 40]) ?? 0
        writer.addTensor(
          name: name, shape: [3, 40], encoding: encoding, bytes: [UInt8](repeating: 7, count: size))
      }
      writer.addTensor(
        name: "planes", shape: [200], encoding: .f32, codec: .planes,
        contents: PayloadContents(floats(200)))
      try writer.write(to: folder + "/a.ept", replacing: false)
      return try TestPaths.read(folder + "/a.ept")
    }
    return [
      whole, try TestPaths.read(TestPaths.fixture("format/golden.ept")),
      try TestPaths.read(TestPaths.fixture("format/planes.ept")),
    ]
  }

  /// A backbone without tensors, of this `config`.
  static func backbone(configuration: String) throws -> [UInt8] {
    try container(.backbone, [("architecture", "bert"), ("config", configuration)])
  }

  /// The start of a bundle of this `task`.
  static func bundle(task: String) throws -> [UInt8] {
    try container(.bundle, [("task", task)])
  }

  private static func container(
    _ kind: ContainerKind, _ sections: [(String, String)]
  ) throws -> [UInt8] {
    try TestPaths.withTemporaryFolder { folder in
      var writer = ContainerWriter(kind: kind)
      for (name, text) in sections { writer.addSection(name, Array(text.utf8)) }
      try writer.write(to: folder + "/file", replacing: false)
      return try TestPaths.read(folder + "/file")
    }
  }

  /// Bundles.
  static func bundles() throws -> [[UInt8]] {
    let golden = TestPaths.fixture("task/golden.eptb")
    var bundle = try TaskBundle(path: golden)
    var shape = bundle.prompt.shape
    shape.depth = DepthShape(encoderBlocks: 2, decoderBlocks: 1, subspaces: 2, subspaceWidth: 1)
    bundle.prompt = EPTPrompt(shape: shape, usesFusion: bundle.prompt.usesFusion)
    return try TestPaths.withTemporaryFolder { folder in
      try bundle.write(to: folder + "/depth.eptb", replacing: false)
      return try [golden, folder + "/depth.eptb"].map { try TestPaths.read($0) }
    }
  }
}
