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
  /// How the checkpoint pools; nil where it does not say.
  let pooling: Pooling?
  /// What the checkpoint's user should know.
  let notes: [String]
  private let sections: [(name: String, bytes: [UInt8])]

  /// Checks `checkpoint` against its configuration, and hashes its weights meanwhile where `threads`
  /// allows for it.
  ///
  /// - Throws: `FormatError`, `ModelError`, `TextError` or `ConvertError`.
  init(_ checkpoint: Checkpoint, choice: EncodingChoice, threads: Int) throws {
    let weights = checkpoint.weightFiles.map { SourceFile(.weights, $0.file) }
    if threads > 1 { SourceFiles(weights).hashInBackground() }
    let description = try CheckpointDescription(checkpoint)
    let (configuration, tokenizer) = (description.architecture, description.tokenizer)
    let opened = try TokenizerTables.open(tokenizer.tables)
    if checkpoint.gguf == nil { try LowercaseCheck.check(folder: checkpoint.folder, opened) }
    let tokens = opened.vocabularySize
    guard tokens <= configuration.vocabularySize else {
      throw ConvertError.vocabularyMismatch(
        folder: checkpoint.folder, tokens: tokens, rows: configuration.vocabularySize)
    }
    let parameters = try configuration.parameters
    let tensors = try CheckpointTensors(
      checkpoint, CheckpointNames(parameters, of: configuration), threads: threads)
    encoders = try Self.encoders(parameters, tensors, choice: choice)
    dropped = tensors.unread
    sources = SourceFiles(weights + description.files)
    architecture = Swift.type(of: configuration).label
    sections =
      [
        (BackboneFile.SectionName.architecture, Array(architecture.utf8)),
        (BackboneFile.SectionName.configuration, description.configuration),
        (BackboneFile.SectionName.tokenizer, tokenizer.tables),
      ]
      + (checkpoint.modules.pooling.map {
        [(BackboneFile.SectionName.pooling, Array($0.rawValue.utf8))]
      } ?? [])
    pooling = checkpoint.modules.pooling
    notes = checkpoint.notes
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

  /// One encoder for each of `specifications`, whose tensors are `tensors`, in their order.
  private static func encoders(
    _ specifications: [ParameterSpecification], _ tensors: CheckpointTensors, choice: EncodingChoice
  ) throws -> [TensorEncoder] {
    let targets = try choice.targets(for: specifications)
    return zip(zip(specifications, targets), tensors.found).map { wanted, found in
      let (specification, target) = wanted
      return TensorEncoder(
        name: specification.name, source: found.tensor,
        encoding: target.encoding(of: specification, from: found.tensor.encoding),
        codec: target.codec, file: found.file.file)
    }
  }
}
