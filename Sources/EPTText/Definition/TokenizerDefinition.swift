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
  /// Compiles the tokenizer of the checkpoint in `folder`.
  ///
  /// The first of these that is there is read:
  /// - `tokenizer.json`: models Unigram (as T5's) and WordPiece (as BERT's); its settings for
  ///   truncation and padding are ignored;
  /// - `spiece.model`: sentencepiece Unigram as T5 uses it, with 100 extra ids (or
  ///   `extra_ids` of `tokenizer_config.json`);
  /// - `vocab.txt`: WordPiece as BERT uses it, with the settings of `tokenizer_config.json` if that
  ///   is there.
  ///
  /// - Throws: `TextError` for what the definition says, `FormatError` for files that cannot be
  ///   read or if none is there.
  public static func compile(folder: String) throws -> CompiledTokenizer {
    var names: [String] = []
    func read(_ name: String) throws -> MappedFile? {
      do {
        let file = try MappedFile(path: folder + "/" + name)
        try file.refuseStandIn(for: "a tokenizer's definition")
        names.append(name)
        return file
      } catch SystemError.missingFile {
        return nil
      }
    }
    func configuration() throws -> JSON? {
      guard let file = try read("tokenizer_config.json") else { return nil }
      return try json(file)
    }
    let parts: TokenizerParts
    if let file = try read("tokenizer.json") {
      parts = try HuggingFaceDefinition(json: try json(file), source: file.path).parts()
    } else if let file = try read("spiece.model") {
      let configuration = try configuration()
      parts = try withExtendedLifetime(file) {
        try SentencePieceDefinition(
          bytes: file.bytes, configuration: configuration, source: file.path
        ).parts()
      }
    } else if let file = try read("vocab.txt") {
      let configuration = try configuration()
      parts = try withExtendedLifetime(file) {
        try VocabularyDefinition(
          bytes: file.bytes, configuration: configuration, source: file.path
        ).parts()
      }
    } else {
      throw SystemError.missingFile(
        path: folder + "/tokenizer.json",
        hint: "a checkpoint folder has one of tokenizer.json, spiece.model and vocab.txt")
    }
    return CompiledTokenizer(tables: try TokenizerCompiler(parts).tables(), sourceFiles: names)
  }

  private static func json(_ file: MappedFile) throws -> JSON {
    do {
      return try file.withBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      throw TextError.invalid(source: file.path, reason: error.description)
    }
  }
}
