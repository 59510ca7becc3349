import EPTFormat
import EPTModel
import EPTText

/// A checked checkpoint and what to make of each of its tensors.
struct ConversionPlan {
  let summary: ConversionSummary
  private let encoders: [TensorEncoder]
  private let sections: [(name: String, bytes: [UInt8])]

  /// Checks `checkpoint` against its configuration.
  ///
  /// - Throws: `FormatError`, `ModelError`, `TextError` or `ConvertError.vocabularyMismatch`.
  init(_ checkpoint: Checkpoint, encoding: TargetEncoding) throws {
    let configurationFile = try Self.configurationFile(folder: checkpoint.folder)
    let configuration = try BackboneArchitectures.configuration(
      Checkpoint.json(configurationFile))
    let tokenizer = try TokenizerDefinition.compile(folder: checkpoint.folder)
    let tokens = try TokenizerTables.open(tokenizer.tables).vocabularySize
    guard tokens <= configuration.vocabularySize else {
      throw ConvertError.vocabularyMismatch(
        folder: checkpoint.folder, tokens: tokens, rows: configuration.vocabularySize)
    }
    encoders = try Self.encoders(configuration, checkpoint, encoding: encoding)
    let provenance = try Self.provenance(
      checkpoint, configuration: configurationFile, tokenizerFiles: tokenizer.sourceFiles)
    let architecture = Swift.type(of: configuration).architecture
    sections = [
      (BackboneFile.SectionName.architecture, Array(architecture.utf8)),
      (BackboneFile.SectionName.configuration, Array(configurationFile.bytes)),
      (BackboneFile.SectionName.provenance, Array(provenance.json.serialized().utf8)),
      (BackboneFile.SectionName.tokenizer, tokenizer.tables),
    ]
    let used = Set(encoders.map(\.source.name))
    let outputSize = try Self.writer(sections, encoders, progress: { _, _ in }).byteCount()
    summary = ConversionSummary(
      architecture: architecture, tensors: encoders.map(\.summary),
      dropped: checkpoint.tensorNames.filter { !used.contains($0) }, provenance: provenance,
      outputSize: outputSize)
  }

  /// The output, ready to be written.
  func writer(progress: @escaping Converter.Progress) -> ContainerWriter {
    Self.writer(sections, encoders, progress: progress)
  }

  private static func writer(
    _ sections: [(name: String, bytes: [UInt8])], _ encoders: [TensorEncoder],
    progress: @escaping Converter.Progress
  ) -> ContainerWriter {
    var writer = ContainerWriter(kind: .backbone)
    for section in sections { writer.addSection(section.name, section.bytes) }
    let total = encoders.reduce(0) { $0 + $1.source.bytes.count }
    var done = 0
    for encoder in encoders {
      writer.addTensor(
        name: encoder.name, shape: encoder.source.shape, encoding: encoder.encoding
      ) { sink in
        try encoder.write(to: sink)
        done += encoder.source.bytes.count
        progress(done, total)
      }
    }
    return writer
  }

  private static func configurationFile(folder: String) throws -> MappedFile {
    let path = "\(folder)/config.json"
    do {
      return try MappedFile(path: path)
    } catch FormatError.missingFile {
      throw FormatError.missingFile(
        path: path, hint: "the checkpoint's config.json must be beside its weights")
    }
  }

  /// One encoder for each tensor that `configuration` asks for, in its order.
  private static func encoders(
    _ configuration: any BackboneConfiguration, _ checkpoint: Checkpoint, encoding: TargetEncoding
  ) throws -> [TensorEncoder] {
    try configuration.tensors.map { specification in
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
        encoding: encoding.encoding(of: specification, from: source.encoding), path: found.file.path
      )
    }
  }

  private static func provenance(
    _ checkpoint: Checkpoint, configuration: MappedFile, tokenizerFiles: [String]
  ) throws -> Provenance {
    func source(_ role: Provenance.Role, _ file: MappedFile) -> Provenance.Source {
      .init(
        role: role, name: file.path.fileName, size: file.bytes.count,
        digest: SHA256.digest(of: file.bytes))
    }
    let tokenizer = try tokenizerFiles.map {
      source(.tokenizer, try MappedFile(path: "\(checkpoint.folder)/\($0)"))
    }
    return Provenance(
      sources: checkpoint.weightFiles.map { source(.weights, $0.file) } + tokenizer
        + [source(.configuration, configuration)])
  }
}
