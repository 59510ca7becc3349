import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTText

/// A backbone file opened for work: its model, its tokenizer, and who it is.
public struct LoadedBackbone: Sendable {
  /// What computes.
  public let model: PromptedModel
  /// The checkpoint's tokenizer.
  public let tokenizer: any Tokenizer
  /// How its checkpoint pools an encoder's states; nil where it did not say.
  public let pooling: Pooling?
  /// What bundles know it by.
  public let identity: BackboneIdentity
  /// SHA-256 of the file, which tells encodings of one checkpoint apart.
  public let digest: String
  private let file: BackboneFile

  /// Opens and checks the `.ept` file at `path`, to compute with `threads` threads
  /// and products of `precision`, by default the one that suits the file's weights.
  ///
  /// At least one thread computes and at most 1,024 do, whatever `threads` says.
  ///
  /// - Throws: `FormatError`, `TextError` or `ModelError`.
  public init(path: String, threads: Int, precision: Precision? = nil) throws {
    let file = try BackboneFile(path: path)
    model = try PromptedModel(
      weights: file, configuration: file.configuration, threads: Processors.bounded(threads),
      precision: precision)
    tokenizer = try TokenizerTables.open(file.tokenizerTables)
    pooling = try Self.pooling(of: file)
    self.file = file
    digest = file.digest.hex
    identity = BackboneIdentity(
      architecture: file.architecture, name: Self.name(of: path), hiddenSize: model.hiddenSize,
      fingerprint: file.fingerprint.hex)
  }

  private static func pooling(of file: BackboneFile) throws -> Pooling? {
    guard let name = file.pooling else { return nil }
    guard let pooling = Pooling(rawValue: name) else {
      throw FormatError.unsupported(
        path: file.path, what: "pooling `\(name)`",
        hint: "a newer eptc wrote it; use that one or convert again")
    }
    return pooling
  }

  /// Refuses to go on where the file has been written over since it was opened.
  ///
  /// What was computed may be of two files, so ask before anyone is told what came of it.
  ///
  /// - Throws: `SystemError.changed`.
  public func requireUnchanged() throws {
    try file.container.file.requireUnchanged()
  }

  /// The file's name without folder and extension: what people call the backbone.
  private static func name(of path: String) -> String {
    let file = path.split(separator: "/").last ?? "model"
    return String(file.hasSuffix(".ept") ? file.dropLast(4) : file)
  }
}
