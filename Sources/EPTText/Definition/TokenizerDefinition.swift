import EPTFormat
import EPTSystem

/// A tokenizer in its binary form.
public struct CompiledTokenizer: Sendable, Equatable {
  /// What `TokenizerTables.open` takes; equal definitions give equal bytes.
  public let tables: [UInt8]
  /// The names, within the folder, of the files that the definition was read from.
  public let sourceFiles: [String]
}

/// Reads the tokenizer of a checkpoint in the forms that Hugging Face, sentencepiece and BERT use.
public enum TokenizerDefinition {
  /// The files that define a tokenizer, of which the first that is there is read.
  private static let definitions = [
    "tokenizer.json", "spiece.model", "sentencepiece.bpe.model", "spm.model", "vocab.txt",
    "vocab.json",
  ]

  /// Compiles the tokenizer of the checkpoint in `folder`.
  ///
  /// The first of these that exists is read:
  /// - `tokenizer.json`: models Unigram, WordPiece and BPE; its settings for truncation and padding are
  ///   ignored;
  /// - `spiece.model`: sentencepiece Unigram as T5 uses it, with 100 extra ids (or
  ///   `extra_ids` of `tokenizer_config.json`); `sentencepiece.bpe.model`: XLM-RoBERTa's;
  ///   `spm.model`: DeBERTa-v2's;
  /// - `vocab.txt`: WordPiece as BERT and MPNet use it;
  /// - `vocab.json` and `merges.txt`: BPE as RoBERTa, GPT-2 and Qwen2 use it.
  ///
  /// What `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` beside it say counts
  /// as it does for `transformers`, or is refused. The class of the tokenizer that they name, or else
  /// the model's type in `config.json`, says how.
  ///
  /// - Throws: `TextError` for what the definition says, `FormatError` for files that cannot be
  ///   read or if none is there.
  public static func compile(folder: String) throws -> CompiledTokenizer {
    var files = DefinitionFiles(folder: folder)
    guard let (name, file) = try files.first(of: definitions) else {
      // A class that needs no such file is refused for what it is.
      _ = try files.configuration(beside: folder + "/tokenizer_config.json")
      throw SystemError.missingFile(
        path: folder + "/tokenizer.json",
        hint: "a checkpoint folder has one of \(definitions.joined(separator: ", "))")
    }
    let parts = try withExtendedLifetime(file) { try self.parts(name, file, &files) }
    return CompiledTokenizer(
      tables: try TokenizerCompiler(parts).tables(), sourceFiles: files.names)
  }

  /// Compiles what a `tokenizer.json` would say, taken from another file, `source`.
  ///
  /// - Throws: `TextError`.
  public static func compile(_ definition: JSON, source: String) throws -> CompiledTokenizer {
    let parts = try HuggingFaceDefinition(json: definition, source: source).parts()
    return CompiledTokenizer(tables: try TokenizerCompiler(parts).tables(), sourceFiles: [])
  }

  private static func parts(
    _ name: String, _ file: MappedFile, _ files: inout DefinitionFiles
  ) throws -> TokenizerParts {
    switch name {
    case "tokenizer.json":
      let definition = HuggingFaceDefinition(
        json: try DefinitionFiles.json(file), source: file.path)
      var parts = try definition.parts()
      try files.configuration(beside: file.path).apply(to: &parts)
      return parts
    case "vocab.txt":
      return try VocabularyDefinition(
        bytes: file.bytes, configuration: try files.configuration(beside: file.path),
        source: file.path
      ).parts()
    case "vocab.json":
      let vocabulary = try DefinitionFiles.json(file)
      guard let merges = try files.read("merges.txt") else {
        throw SystemError.missingFile(
          path: files.path("merges.txt"), hint: "a vocab.json needs its merges.txt beside it")
      }
      return try withExtendedLifetime(merges) {
        try MergesDefinition(
          vocabulary: vocabulary, merges: merges.bytes,
          configuration: try files.configuration(beside: file.path), source: file.path
        ).parts()
      }
    default:
      return try SentencePieceDefinition(
        bytes: file.bytes, configuration: try files.configuration(beside: file.path),
        source: file.path
      ).parts()
    }
  }
}
