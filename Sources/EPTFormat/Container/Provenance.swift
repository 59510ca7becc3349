/// The files that a backbone was converted from.
public struct Provenance: Sendable, Equatable {
  /// What a source file was used for.
  public enum Role: String, Sendable, CaseIterable {
    case configuration = "config"
    case tokenizer
    case weights
  }

  /// One source file.
  public struct Source: Sendable, Equatable {
    /// What the file was read for.
    public var role: Role
    /// The file's name without its folder.
    public var name: String
    /// Bytes.
    public var size: Int
    /// SHA-256 of the whole file.
    public var digest: SHA256Digest

    /// A file that was read.
    public init(role: Role, name: String, size: Int, digest: SHA256Digest) {
      self.role = role
      self.name = name
      self.size = size
      self.digest = digest
    }
  }

  /// In order of role, then name.
  public let sources: [Source]

  /// The files that were read.
  public init(sources: [Source]) {
    self.sources = sources.sorted {
      ($0.role.rawValue, $0.name) < ($1.role.rawValue, $1.name)
    }
  }

  /// Reads the provenance section; nil where it is malformed.
  init?(_ json: JSON) {
    guard let values = json["sources"]?.array, !values.isEmpty else { return nil }
    var sources: [Source] = []
    for value in values {
      guard let role = Role(rawValue: value["role"]?.string ?? ""),
        let name = value["name"]?.string, let size = value["size"]?.integer, size >= 0,
        let digest = SHA256Digest(hex: value["sha256"]?.string ?? "")
      else { return nil }
      sources.append(Source(role: role, name: name, size: size, digest: digest))
    }
    self.init(sources: sources)
  }

  /// The provenance section.
  public var json: JSON {
    [
      "sources": .array(
        sources.map {
          [
            "role": .string($0.role.rawValue), "name": .string($0.name), "size": .integer($0.size),
            "sha256": .string($0.digest.hex),
          ]
        })
    ]
  }

  /// SHA-256 over the sources' contents.
  ///
  /// The message is one line `role sha256\n` a source, in bytewise order. Names and the
  /// encoding chosen at conversion have no part in it, so that every conversion of one
  /// checkpoint accepts the same bundles.
  public var fingerprint: SHA256Digest {
    let lines = sources.map { "\($0.role.rawValue) \($0.digest.hex)\n" }.sorted()
    return SHA256.digest(of: Array(lines.joined().utf8))
  }
}
