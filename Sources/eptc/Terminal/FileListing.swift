import EPTFormat
import EPTModel
import EPTSystem
import EPTTask

/// What `inspect` shows of a file: facts, then tensors.
struct FileListing {
  private let facts: [JSONMember]
  private let tensors: [InspectedFile.Tensor]

  /// Lists what is known of `file`.
  ///
  /// - Throws: `FormatError` for a bundle that cannot be used.
  init(_ file: InspectedFile) throws {
    var facts =
      switch file.kind {
      case .safetensors(let checkpoint): Self.facts(of: checkpoint)
      case .backbone(let backbone): Self.facts(of: backbone)
      case .bundle(let bundle): try Self.facts(of: bundle, path: file.path)
      case .checkpoint(let checkpoint): Self.facts(ofTrainingCheckpoint: checkpoint)
      }
    if file.isVerified { facts.append(JSONMember("checksums", "match")) }
    self.facts = facts
    tensors = file.tensors
  }

  private static func facts(of file: SafetensorsFile) -> [JSONMember] {
    let metadata = file.metadata.sorted { $0.key < $1.key }
      .map { JSONMember($0.key.text, .string($0.value)) }
    return [JSONMember("kind", "safetensors")]
      + (metadata.isEmpty ? [] : [JSONMember("metadata", .object(metadata))])
  }

  private static func facts(of file: BackboneFile) -> [JSONMember] {
    [
      JSONMember("kind", "ept"),
      JSONMember("architecture", .string(file.architecture)),
    ]
      + (file.pooling.map { [JSONMember("pooling", .string($0))] } ?? []) + [
        JSONMember("digest", .string(file.digest.hex)),
        JSONMember("fingerprint", .string(file.fingerprint.hex)),
        JSONMember(
          "sources",
          .object(
            file.provenance.sources.map { source in
              JSONMember(
                source.name,
                ["bytes": .integer(source.size), "sha256": .string(source.digest.hex)])
            })),
      ]
  }

  private static func facts(of file: ContainerFile, path: String) throws -> [JSONMember] {
    let bundle = try TaskBundle(path: path)
    let shape = bundle.prompt.shape
    var pooling: [JSONMember] = []
    if case .head(let head) = bundle.readout {
      pooling.append(
        JSONMember("readout", .string(LinearHead.description(head.kind, head.features))))
      pooling.append(JSONMember("pooling", .string(bundle.pooling.rawValue)))
    }
    if bundle.temperature != 1 {
      pooling.append(JSONMember("temperature", .number(Double("\(bundle.temperature)") ?? 1)))
    }
    var depth: [JSONMember] = []
    if let sizes = shape.depth {
      depth.append(
        JSONMember(
          "depth",
          .string(
            "encoder_blocks=\(sizes.encoderBlocks) decoder_blocks=\(sizes.decoderBlocks) "
              + "K=\(sizes.subspaces) k=\(sizes.subspaceWidth) "
              + "numbers=\(shape.depthParameterCount)")))
    }
    return [
      JSONMember("kind", "eptb"),
      JSONMember("backbone", .string("\(bundle.backbone)")),
      JSONMember(
        "prompt",
        .string(
          "s=\(shape.promptLength) n=\(shape.inputLength) d=\(shape.hiddenSize) r=\(shape.rank) "
            + "K=\(shape.subspaces) k=\(shape.subspaceWidth) alpha=\(bundle.prompt.alpha) "
            + "fusion=\(bundle.prompt.usesFusion) fusion_scale=\(bundle.prompt.fusionScale)")),
    ]
      + depth + pooling + jsonSections(of: file, but: ["prompt", "backbone"])
  }

  /// The sections of the checkpoint of a training run.
  private static func facts(ofTrainingCheckpoint file: ContainerFile) -> [JSONMember] {
    [JSONMember("kind", "checkpoint")] + jsonSections(of: file, but: [])
  }

  /// Sections that are JSON.
  private static func jsonSections(of file: ContainerFile, but left: [String]) -> [JSONMember] {
    file.sectionNames.compactMap { name in
      guard !left.contains(name), let json = try? file.json(name) else { return nil }
      return JSONMember(name, json)
    }
  }

  private var totalBytes: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The listing as an object.
  var json: JSON {
    let tensors = tensors.map { tensor -> JSON in
      [
        "name": .string(tensor.name), "type": .string(tensor.type),
        "codec": .string(tensor.codec.name), "shape": .array(tensor.shape.map { .integer($0) }),
        "bytes": .integer(tensor.byteCount), "bits_per_weight": .number(tensor.bitsPerWeight),
      ]
    }
    return .object(facts + [JSONMember("tensors", .array(tensors))])
  }

  /// The listing for people.
  var text: String {
    var lines: [String] = []
    for fact in facts { Self.append(fact, to: &lines, level: 0) }
    lines.append("tensors: \(tensors.count), \(totalBytes) bytes")
    let rows = tensors.map {
      [
        "  \($0.name)", $0.codec == .raw ? $0.type : "\($0.type) \($0.codec.name)",
        Figures.shape($0.shape), String($0.byteCount), Figures.decimals($0.bitsPerWeight, 2),
      ]
    }
    let titles = ["  tensor", "type", "shape", "bytes", "bits/weight"]
    lines.append(TextTable([titles] + rows, numbers: [3, 4]).text)
    return lines.joined(separator: "\n")
  }

  private static func append(_ fact: JSONMember, to lines: inout [String], level: Int) {
    let indent = String(repeating: "  ", count: level)
    if let members = fact.value.object {
      lines.append("\(indent)\(fact.key.printable):")
      for member in members { append(member, to: &lines, level: level + 1) }
    } else {
      let value = (fact.value.string ?? fact.value.serialized()).printable(limit: .max)
      lines.append("\(indent)\(fact.key.printable): \(value)")
    }
  }
}
