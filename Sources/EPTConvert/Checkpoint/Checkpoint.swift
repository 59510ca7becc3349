import EPTFormat
import EPTSystem

/// The weights of a checkpoint: one file, or several under an index.
struct Checkpoint {
  /// The weight file or the index of shards.
  let path: String
  /// Where `config.json` and the tokenizer are.
  let folder: String
  /// In order of their names.
  let weightFiles: [any CheckpointFile]
  /// All tensors' names, in order of their bytes.
  let tensorNames: [String]
  /// What the folder says besides weights and configuration.
  let modules: SentenceModules
  /// What its user should know.
  let notes: [String]
  /// What a GGUF file says of configuration and tokenizer; nil for files beside the weights.
  let gguf: GGUFModel?
  /// What the index says of each tensor; empty without one.
  private let index: [ByteName: String]
  /// Which of `weightFiles` holds a tensor.
  private let places: [ByteName: Int]

  /// Opens the checkpoint at `path`: a weight file, an index of shards, a folder, or a GGUF file.
  ///
  /// - Throws: `FormatError` or `ConvertError`.
  init(path: String) throws {
    if let model = try GGUFModel.open(path: path) {
      try self.init(model)
    } else {
      try self.init(CheckpointSource(path: path))
    }
  }

  /// Takes what a GGUF model holds.
  private init(_ model: GGUFModel) throws {
    (path, folder, gguf) = (model.path, model.path.folder, model)
    (modules, notes, index) = (
      SentenceModules(none: model.path.folder, pooling: model.pooling), [], [:]
    )
    weightFiles = model.weights
    places = try Self.places(model.weights)
    tensorNames = places.keys.sorted().map(\.text)
  }

  private init(_ source: CheckpointSource) throws {
    (self.path, folder, modules) = (source.weights, source.folder, source.modules)
    (notes, gguf) = (source.notes, nil)
    var files: [any CheckpointFile] = []
    if source.weights.hasSuffix(".index.json") {
      let index = try CheckpointIndex(path: source.weights)
      let missing = index.shards.filter { FileStatus("\(source.folder)/\($0)") == nil }
      guard missing.isEmpty else {
        throw ConvertError.missingShards(
          path: source.weights, missing: missing, count: index.shards.count)
      }
      files = try index.shards.map { try CheckpointFiles.open(path: "\(source.folder)/\($0)") }
      self.index = index.files
    } else {
      files = [try CheckpointFiles.open(path: source.weights)]
      index = [:]
    }
    let places = try Self.places(files)
    for (name, shard) in index.sorted(by: { $0.key < $1.key }) {
      guard let place = places[name], !files[place].path.fileName.isIdentical(to: shard) else {
        continue
      }
      throw ConvertError.indexDisagrees(
        path: source.weights, tensor: name.text, shard: shard, holder: files[place].path.fileName)
    }
    weightFiles = files
    self.places = places
    tensorNames = places.keys.sorted().map(\.text)
  }

  /// Which of `files` holds each tensor.
  private static func places(_ files: [any CheckpointFile]) throws -> [ByteName: Int] {
    var places: [ByteName: Int] = [:]
    for (place, file) in files.enumerated() {
      for name in file.tensorNames {
        guard let other = places.updateValue(place, forKey: ByteName(name)) else { continue }
        throw ConvertError.tensorInTwoFiles(
          tensor: name, first: files[other].path, second: file.path)
      }
    }
    return places
  }

  /// The file that holds tensor `name`, nil where none does.
  func file(of name: String) -> (any CheckpointFile)? {
    places[ByteName(name)].map { weightFiles[$0] }
  }

  /// Does on `threads` threads what the first use of each of `names` would do on one.
  ///
  /// - Throws: What the files throw.
  func prepare(_ names: [String], threads: Int) throws {
    for file in weightFiles {
      try file.prepare(
        names.filter { places[ByteName($0)].map { weightFiles[$0] === file } ?? false },
        threads: threads)
    }
  }

  /// The error for parameters `missing`, which stand nowhere behind `prefix`.
  func missing(
    _ missing: [String], of names: CheckpointNames, prefix: String
  ) -> ConvertError {
    let claimed = missing.first { index[ByteName(prefix + $0)] != nil }
    if let claimed, let shard = index[ByteName(prefix + claimed)] {
      return .shardLacksTensor(
        path: "\(folder)/\(shard)", tensor: prefix + claimed, index: path.fileName)
    }
    // A whole part of the model, such as the decoder, is missing for another reason than one tensor.
    let parts = Set(missing.map { "\(prefix)\($0.prefix { $0 != "." })." }).sorted()
    let part = parts.first { part in !tensorNames.contains { $0.hasPrefix(part) } }
    return .missingTensors(
      path: path, first: prefix + (missing.first ?? ""), missing: missing.count,
      count: names.parameters.count, part: missing.count > 1 ? part : nil)
  }
}
