import EPTFormat
import EPTTask

/// What `inspect` shows of a file: facts, then tensors.
struct FileListing {
  private struct Row {
    let name: String
    let type: String
    let shape: [Int]
    let byteCount: Int
  }

  private var facts: [JSONMember]
  private var rows: [Row]

  /// Lists a checkpoint.
  init(checkpoint file: SafetensorsFile) {
    facts = [JSONMember("kind", "safetensors")]
    if !file.metadata.isEmpty {
      let members = file.metadata.sorted { $0.key < $1.key }
      facts.append(
        JSONMember("metadata", .object(members.map { JSONMember($0.key, .string($0.value)) })))
    }
    rows = file.entries.map {
      Row(name: $0.name, type: $0.type.rawValue, shape: $0.shape, byteCount: $0.bytes.count)
    }
  }

  /// Lists the backbone at `path`, after checking all of its contents if `verifying`.
  init(backbone path: String, verifying: Bool) throws {
    let file = try BackboneFile(path: path)
    if verifying { try file.verify() }
    facts = [
      JSONMember("kind", "ept"),
      JSONMember("architecture", .string(file.architecture)),
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
    if verifying { facts.append(JSONMember("checksums", "match")) }
    rows = Self.rows(of: file.container)
  }

  /// Lists the bundle at `path`.
  init(bundle path: String) throws {
    let file = try ContainerFile(path: path, kind: .bundle)
    let bundle = try TaskBundle(path: path)
    let shape = bundle.prompt.shape
    facts = [
      JSONMember("kind", "eptb"),
      JSONMember("backbone", .string("\(bundle.backbone)")),
      JSONMember(
        "prompt",
        .string(
          "s=\(shape.promptLength) n=\(shape.inputLength) d=\(shape.width) r=\(shape.rank) "
            + "K=\(shape.subspaces) k=\(shape.subspaceWidth) alpha=\(bundle.prompt.alpha) "
            + "fusion=\(bundle.prompt.usesFusion)")),
    ]
    for name in file.sectionNames where name != "prompt" && name != "backbone" {
      guard let bytes = file.section(name), let json = try? JSON(parsing: bytes) else { continue }
      facts.append(JSONMember(name, json))
    }
    facts.append(JSONMember("checksums", "match"))
    rows = Self.rows(of: file)
  }

  /// Lists the checkpoint of a training run at `path`.
  init(trainingCheckpoint path: String) throws {
    let file = try ContainerFile(path: path, kind: .checkpoint)
    facts = [JSONMember("kind", "checkpoint")]
    for name in file.sectionNames {
      guard let bytes = file.section(name), let json = try? JSON(parsing: bytes) else { continue }
      facts.append(JSONMember(name, json))
    }
    facts.append(JSONMember("checksums", "match"))
    rows = Self.rows(of: file)
  }

  private static func rows(of file: ContainerFile) -> [Row] {
    file.records.map {
      Row(name: $0.name, type: $0.encoding.name, shape: $0.shape, byteCount: $0.storedSize)
    }
  }

  private var totalBytes: Int { rows.reduce(0) { $0 + $1.byteCount } }

  /// The listing as an object.
  var json: JSON {
    let tensors = rows.map { row -> JSON in
      [
        "name": .string(row.name), "type": .string(row.type),
        "shape": .array(row.shape.map { .integer($0) }), "bytes": .integer(row.byteCount),
      ]
    }
    return .object(facts + [JSONMember("tensors", .array(tensors))])
  }

  /// The listing for people.
  var text: String {
    var lines: [String] = []
    for fact in facts { Self.append(fact, to: &lines, level: 0) }
    lines.append("tensors: \(rows.count), \(totalBytes) bytes")
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let typeWidth = rows.map(\.type.count).max() ?? 0
    for row in rows {
      lines.append(
        "  \(Self.pad(row.name, nameWidth))  \(Self.pad(row.type, typeWidth))  "
          + "[\(row.shape.map(String.init).joined(separator: ", "))]")
    }
    return lines.joined(separator: "\n")
  }

  private static func append(_ fact: JSONMember, to lines: inout [String], level: Int) {
    let indent = String(repeating: "  ", count: level)
    if let members = fact.value.object {
      lines.append("\(indent)\(fact.key):")
      for member in members { append(member, to: &lines, level: level + 1) }
    } else {
      lines.append("\(indent)\(fact.key): \(fact.value.string ?? fact.value.serialized())")
    }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
