import EPTSystem

/// A mapped `.ept`: the weights, configuration and tokenizer of one frozen language model.
public final class BackboneFile: WeightSource {
  /// Names of the sections, docs/reference/format.md.
  public enum SectionName {
    /// The family's label.
    public static let architecture = "architecture"
    /// The checkpoint's `config.json`.
    public static let configuration = "config"
    /// How states are pooled.
    public static let pooling = "pooling"
    /// The files that were read.
    public static let provenance = "provenance"
    /// The compiled tokenizer.
    public static let tokenizer = "tokenizer"
  }

  /// The architecture's label, such as `bert`.
  public let architecture: String
  /// The checkpoint's `config.json`.
  public let configuration: JSON
  /// How the checkpoint pools an encoder's states, by name; nil where it did not say.
  public let pooling: String?
  /// The files it was converted from.
  public let provenance: Provenance
  /// The file as sections and tensors.
  public let container: ContainerFile

  /// Maps the file at `path` and checks all of it but the tensors' contents, which are checked when
  /// they are first used.
  ///
  /// - Throws: What `ContainerFile` throws, and `FormatError.corrupt` for a section that is
  ///   missing or malformed.
  public convenience init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Checks a file that is mapped already; otherwise as `init(path:)`.
  package init(_ file: MappedFile) throws {
    let path = file.path
    let container = try ContainerFile(file, kind: .backbone)
    architecture = try Self.label(
      container.requiredSection(SectionName.architecture), section: SectionName.architecture,
      path: path)
    pooling = try container.section(SectionName.pooling).map {
      try Self.label($0, section: SectionName.pooling, path: path)
    }
    configuration = try container.json(SectionName.configuration)
    guard let provenance = Provenance(try container.json(SectionName.provenance)) else {
      throw FormatError.corrupt(
        path: path, location: "section `\(SectionName.provenance)`",
        reason: "it does not list the sources")
    }
    self.provenance = provenance
    _ = try container.requiredSection(SectionName.tokenizer)
    self.container = container
  }

  /// The text in a section that holds a single word.
  private static func label(
    _ bytes: UnsafeRawBufferPointer, section: String, path: String
  ) throws -> String {
    guard let label = String(validating: bytes, as: UTF8.self), !label.isEmpty else {
      throw FormatError.corrupt(
        path: path, location: "section `\(section)`", reason: "it is no label")
    }
    return label
  }

  public var path: String { container.path }

  public var tensorNames: [String] { container.tensorNames }

  /// A copy of the compiled tokenizer.
  ///
  /// A copy, since its tables refer to one another: bytes that someone writes over in the file would lead
  /// anywhere in memory. Weights are numbers and lead nowhere.
  public var tokenizerTables: [UInt8] {
    container.withSection(SectionName.tokenizer) { Array($0) } ?? []
  }

  /// What identifies the checkpoint whatever the encoding: bundles name the backbone by it.
  public var fingerprint: SHA256Digest { provenance.fingerprint }

  /// The container's digest, over the whole contents.
  public var digest: SHA256Digest { container.digest }

  /// Bytes of the file.
  public var byteCount: Int { container.file.bytes.count }

  public func tensor(_ name: String) throws -> StoredTensor {
    try container.tensor(name)
  }

  public func prepare(_ names: [String], threads: Int) throws {
    try container.prepare(names, threads: threads)
  }

  /// Reads the whole file and checks every checksum and every byte of padding.
  ///
  /// - Throws: `FormatError.corrupt`.
  public func verify() throws {
    try container.verify()
  }
}
