import EPTFormat

/// Which backbone a bundle belongs to.
public struct BackboneIdentity: Sendable, Equatable {
  /// The architecture's label, as in a `.ept`.
  public let architecture: String
  /// A name for people: the checkpoint's.
  public let name: String
  /// `d`, the width of its word embeddings.
  public let hiddenSize: Int
  /// SHA-256 of the backbone, in hexadecimal.
  public let fingerprint: String

  public init(architecture: String, name: String, hiddenSize: Int, fingerprint: String) {
    self.architecture = architecture
    self.name = name
    self.hiddenSize = hiddenSize
    self.fingerprint = fingerprint
  }
}

extension BackboneIdentity: CustomStringConvertible {
  /// `all-minilm-l6-v2 (bert, width 384, 1a2b3c4d5e6f)`.
  public var description: String {
    "\(name) (\(architecture), width \(hiddenSize), \(fingerprint.prefix(12)))"
  }
}

extension BackboneIdentity {
  var json: JSON {
    [
      "architecture": .string(architecture),
      "name": .string(name),
      "width": .integer(hiddenSize),
      "fingerprint": .string(fingerprint),
    ]
  }

  /// Reads what `json` wrote, nil if it is something else.
  init?(_ json: JSON) {
    guard let architecture = json["architecture"]?.string, let name = json["name"]?.string,
      let hiddenSize = json["width"]?.integer, hiddenSize > 0, hiddenSize < 1 << 24,
      let fingerprint = json["fingerprint"]?.string, fingerprint.utf8.count == 64,
      fingerprint.allSatisfy(\.isHexDigit)
    else { return nil }
    self.init(
      architecture: architecture, name: name, hiddenSize: hiddenSize, fingerprint: fingerprint)
  }
}
