import EPTFormat
import EPTModel
import EPTSystem

/// A model in one GGUF file, or in several parts: its weights, configuration and tokenizer.
struct GGUFModel {
  /// The file, or the first of several.
  let path: String
  let weights: [GGUFWeights]
  /// What its `config.json` would say.
  let configuration: JSON
  /// What its `tokenizer.json` would say.
  let tokenizer: JSON
  /// How an encoder's states are pooled; nil where the file does not say.
  let pooling: Pooling?

  static let ending = ".gguf"
  private static let mostParts = 10_000

  /// The model at `path`, a GGUF file or a folder that has no other weights; nil for anything else.
  ///
  /// - Throws: `SystemError` or `FormatError`.
  static func open(path: String) throws -> GGUFModel? {
    guard FileStatus(path)?.isFolder ?? false else {
      guard FileStatus(path) != nil else { return nil }
      let file = try MappedFile(path: path)
      return GGUFFile.recognizes(file) ? try GGUFModel(GGUFFile(file)) : nil
    }
    let folder = path.droppingTrailingSlashes
    guard !CheckpointSource.hasWeights(folder: folder) else { return nil }
    let files = try FolderListing.names(in: folder).filter { $0.hasSuffix(ending) }.sorted()
    // Of several parts the first one has the metadata.
    let models = files.filter { name in
      guard let part = Part(name: name) else { return true }
      return part.number == 1
    }
    guard let first = models.first else { return nil }
    guard models.count == 1 else {
      throw FormatError.unsupported(
        path: folder, what: "a folder with \(models.count) GGUF models",
        hint: "name the file: \(models.prefix(3).joined(separator: ", "))")
    }
    return try GGUFModel(GGUFFile(path: "\(folder)/\(first)"))
  }

  /// Reads the model whose first file is `first`.
  init(_ first: GGUFFile) throws {
    path = first.path
    let files = try Self.parts(first)
    let metadata = GGUFMetadata(first)
    let architecture = try GGUFConfiguration.read(metadata, files)
    configuration = architecture.json
    pooling = architecture.pooling
    tokenizer = try GGUFTokenizer(metadata, kinds: architecture.tokenizers).json
    weights = try files.map {
      try GGUFWeights($0, names: architecture.names, heads: architecture.rotatedHeads)
    }
  }

  /// All files of a model whose first one is `first`.
  private static func parts(_ first: GGUFFile) throws -> [GGUFFile] {
    let count = first.value("split.count")?.integer ?? 1
    guard (1...mostParts).contains(count) else {
      throw FormatError.corrupt(
        path: first.path, location: "`split.count` of the metadata",
        reason: "\(count) is not in 1...\(mostParts)")
    }
    guard count > 1 else { return [first] }
    guard let part = Part(name: first.path.fileName), part.count == count else {
      throw FormatError.unsupported(
        path: first.path, what: "a part of \(count) under another name",
        hint: "parts are called NAME-00001-of-\(Part.digits(count)).gguf")
    }
    guard part.number == 1 else {
      throw FormatError.unsupported(
        path: first.path, what: "part \(part.number) of a model on its own",
        hint: "name the first part, \(part.name(1)); the others are found beside it")
    }
    let folder = first.path.folder
    let missing = (1...count).map(part.name).filter { FileStatus("\(folder)/\($0)") == nil }
    guard missing.isEmpty else {
      throw ConvertError.missingShards(path: first.path, missing: missing, count: count)
    }
    return try [first] + (2...count).map { try GGUFFile(path: "\(folder)/\(part.name($0))") }
  }

  /// What a part's name says: `model-00002-of-00003.gguf`.
  struct Part {
    let number: Int
    let count: Int
    /// The name without number and ending.
    let stem: Substring

    /// Nil for a name of another form.
    init?(name: String) {
      guard name.hasSuffix(GGUFModel.ending) else { return nil }
      let parts = name.dropLast(GGUFModel.ending.utf8.count).split(
        separator: "-", omittingEmptySubsequences: false)
      guard parts.count >= 4, parts[parts.count - 2] == "of",
        let number = Self.number(parts[parts.count - 3]), let count = Self.number(parts.last ?? ""),
        number >= 1, number <= count
      else { return nil }
      (self.number, self.count) = (number, count)
      stem = name.dropLast("-00000-of-00000".utf8.count + GGUFModel.ending.utf8.count)
    }

    private static func number(_ text: Substring) -> Int? {
      text.utf8.count == 5 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    /// A number with leading zeros.
    static func digits(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }

    /// The name of another part.
    func name(_ number: Int) -> String {
      "\(stem)-\(Self.digits(number))-of-\(Self.digits(count))\(GGUFModel.ending)"
    }
  }
}
