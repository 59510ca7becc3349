import EPTFormat
import EPTSystem

/// The files of a folder that define its tokenizer, and which of them were read.
struct DefinitionFiles {
  let folder: String
  /// The names of the files that were read.
  private(set) var names: [String] = []

  init(folder: String) {
    self.folder = folder
  }

  func path(_ name: String) -> String { folder + "/" + name }

  /// The first of the files that is there.
  ///
  /// - Throws: `FormatError`.
  mutating func first(of names: [String]) throws -> (name: String, file: MappedFile)? {
    for name in names {
      if let file = try read(name) { return (name, file) }
    }
    return nil
  }

  /// Opens a file; nil if it is not there.
  ///
  /// - Throws: `FormatError`.
  mutating func read(_ name: String) throws -> MappedFile? {
    guard let file = try open(name) else { return nil }
    names.append(name)
    return file
  }

  /// What the other files say of the tokenizer that is defined in `source`.
  ///
  /// - Throws: `FormatError` or `TextError`.
  mutating func configuration(beside source: String) throws -> TokenizerConfiguration {
    let settings = try read("tokenizer_config.json")
    let json = try settings.map { try Self.json($0) }
    let map = try read("special_tokens_map.json").map { try Self.json($0) }
    let tokens = try read("added_tokens.json").map { try Self.json($0) }
    // The model's own file, which belongs to the checkpoint in any case.
    let model = try open("config.json").map { try Self.json($0) }
    return try TokenizerConfiguration(
      json: json, map: map, addedTokens: tokens, model: model, source: settings?.path ?? source)
  }

  private func open(_ name: String) throws -> MappedFile? {
    do {
      let file = try MappedFile(path: path(name))
      try file.refuseStandIn(for: "a tokenizer's definition")
      return file
    } catch SystemError.missingFile {
      return nil
    }
  }

  /// Bytes of memory that a vocabulary's values may take for each byte of its file: short names and
  /// numbers are nearly all that there is.
  private static let memoryOfByte = 24

  /// - Throws: `TextError.invalid`.
  static func json(_ file: MappedFile) throws -> JSON {
    do {
      return try withExtendedLifetime(file) {
        try JSON(parsing: file.bytes, memory: max(8 << 20, memoryOfByte * file.bytes.count))
      }
    } catch let error as JSONError {
      throw TextError.invalid(source: file.path, reason: error.description)
    }
  }
}
