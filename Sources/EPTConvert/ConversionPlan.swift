import EPTFormat
import EPTModel
import EPTSystem
import EPTText

/// A checked checkpoint and what to make of each of its tensors.
struct ConversionPlan {
  /// The architecture's label.
  let architecture: String
  /// In the order of the architecture's layers.
  let encoders: [TensorEncoder]
  let sources: SourceFiles
  /// Names of the checkpoint's tensors that the model does not read.
  let dropped: [String]
  private let sections: [(name: String, bytes: [UInt8])]

  /// Checks `checkpoint` against its configuration, and hashes its weights meanwhile where `threads`
  /// allows for it.
  ///
  /// - Throws: `FormatError`, `ModelError`, `TextError` or `ConvertError`.
  init(_ checkpoint: Checkpoint, choice: EncodingChoice, threads: Int) throws {
    let weights = checkpoint.weightFiles.map { SourceFile(.weights, $0.file) }
    if threads > 1 { SourceFiles(weights).hashInBackground() }
    let configurationFile = try Self.configurationFile(folder: checkpoint.folder)
    let configuration = try BackboneArchitectures.configuration(
      Checkpoint.json(configurationFile))
    let tokenizer = try TokenizerDefinition.compile(folder: checkpoint.folder)
    let tokens = try TokenizerTables.open(tokenizer.tables).vocabularySize
    guard tokens <= configuration.vocabularySize else {
      throw ConvertError.vocabularyMismatch(
        folder: checkpoint.folder, tokens: tokens, rows: configuration.vocabularySize)
    }
    encoders = try Self.encoders(configuration, checkpoint, choice: choice)
    let tokenizerFiles = try tokenizer.sourceFiles.map {
      SourceFile(.tokenizer, try MappedFile(path: "\(checkpoint.folder)/\($0)"))
    }
    sources = SourceFiles(
      weights + tokenizerFiles + [SourceFile(.configuration, configurationFile)])
    architecture = Swift.type(of: configuration).architecture
    sections = [
      (BackboneFile.SectionName.architecture, Array(architecture.utf8)),
      (BackboneFile.SectionName.configuration, configurationFile.withBytes { Array($0) }),
      (BackboneFile.SectionName.tokenizer, tokenizer.tables),
    ]
    let used = Set(encoders.map(\.source.name))
    dropped = checkpoint.tensorNames.filter { !used.contains($0) }
  }

  /// The output, ready to be written.
  func writer() -> ContainerWriter {
    var writer = ContainerWriter(kind: .backbone)
    for section in sections { writer.addSection(section.name, section.bytes) }
    // The weights are hashed while they are encoded.
    writer.addCompanion { sources.hash() }
    writer.addSection(BackboneFile.SectionName.provenance, size: sources.provenanceSize) {
      Array(try sources.provenance.json.serialized().utf8)
    }
    for encoder in encoders {
      writer.addTensor(
        name: encoder.name, shape: encoder.source.shape, encoding: encoder.encoding,
        codec: encoder.codec, contents: encoder.contents)
    }
    return writer
  }

  private static func configurationFile(folder: String) throws -> MappedFile {
    let path = "\(folder)/config.json"
    do {
      return try MappedFile(path: path)
    } catch SystemError.missingFile {
      throw SystemError.missingFile(
        path: path, hint: "the checkpoint's config.json must be beside its weights")
    }
  }

  /// One encoder for each tensor that `configuration` asks for, in its order.
  private static func encoders(
    _ configuration: any BackboneConfiguration, _ checkpoint: Checkpoint, choice: EncodingChoice
  ) throws -> [TensorEncoder] {
    let specifications = configuration.tensors
    let targets = try choice.targets(for: specifications)
    return try zip(specifications, targets).map { specification, target in
      let names = Swift.type(of: configuration).checkpointNames(of: specification.name)
      guard let found = names.lazy.compactMap({ checkpoint.tensor($0) }).first else {
        throw FormatError.missingTensor(path: checkpoint.path, tensor: specification.name)
      }
      let source = try found.file.tensor(found.entry.name)
      guard source.shape == specification.shape else {
        throw FormatError.wrongShape(
          path: found.file.path, tensor: source.name, expected: specification.shape,
          actual: source.shape)
      }
      return TensorEncoder(
        name: specification.name, source: source,
        encoding: target.encoding(of: specification, from: source.encoding), codec: target.codec,
        file: found.file.file)
    }
  }
}
