import EPTFormat
import EPTModel
import EPTSystem
import EPTText

/// What a checkpoint says besides its weights: in files beside them, or in a GGUF file's metadata.
struct CheckpointDescription {
  let architecture: any Architecture
  /// A `config.json`, as bytes.
  let configuration: [UInt8]
  let tokenizer: CompiledTokenizer
  /// The files that say so; none where the weights' own do.
  let files: [SourceFile]

  /// - Throws: `FormatError`, `ModelError`, `TextError` or `ConvertError`.
  init(_ checkpoint: Checkpoint) throws {
    if let model = checkpoint.gguf {
      architecture = try ArchitectureRegistry.architecture(model.configuration)
      configuration = Array(model.configuration.serialized().utf8)
      tokenizer = try TokenizerDefinition.compile(model.tokenizer, source: model.path)
      files = []
      return
    }
    let file = try Self.configurationFile(folder: checkpoint.folder)
    architecture = try Self.architecture(file)
    configuration = file.withBytes { Array($0) }
    tokenizer = try TokenizerDefinition.compile(folder: checkpoint.folder)
    files =
      try tokenizer.sourceFiles.map {
        SourceFile(.tokenizer, try MappedFile(path: "\(checkpoint.folder)/\($0)"))
      } + [SourceFile(.configuration, file)]
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

  /// Reads `file` as whichever architecture its `model_type` names.
  private static func architecture(_ file: MappedFile) throws -> any Architecture {
    let json = try CheckpointJSON.read(file)
    guard let modelType = json["model_type"], modelType != .null else {
      throw ConvertError.noModelType(
        path: file.path, known: ArchitectureRegistry.all.flatMap { $0.modelTypes })
    }
    return try ArchitectureRegistry.architecture(json)
  }
}
