import EPTFormat
import EPTSystem

/// The files of a Hugging Face checkpoint: one weight file or several, and their folder.
struct Checkpoint {
  /// The weight file or the index of shards.
  let path: String
  /// Where `config.json` and the tokenizer are.
  let folder: String
  /// In order of their names.
  let weightFiles: [SafetensorsFile]
  /// Which of `weightFiles` holds a tensor.
  private let fileIndices: [ByteName: Int]

  /// A tensor and the file it is in.
  struct Tensor {
    let file: SafetensorsFile
    let entry: SafetensorsFile.Entry
  }

  /// Opens the checkpoint at `path`: a weight file, an index of shards, or a folder with either.
  ///
  /// - Throws: `FormatError`.
  init(path: String) throws {
    let isFolder = FileStatus(path)?.isFolder ?? false
    folder = isFolder ? path.droppingTrailingSlashes : path.folder
    let weights = isFolder ? try Self.weights(in: folder) : path
    self.path = weights
    guard weights.hasSuffix(".index.json") else {
      let file = try SafetensorsFile(path: weights)
      weightFiles = [file]
      fileIndices = Dictionary(
        file.tensorNames.map { (ByteName($0), 0) }, uniquingKeysWith: { first, _ in first })
      return
    }
    (weightFiles, fileIndices) = try Self.shards(index: weights, folder: folder)
  }

  private static func weights(in folder: String) throws -> String {
    for name in ["model.safetensors", "model.safetensors.index.json"] {
      let path = "\(folder)/\(name)"
      if FileStatus(path) != nil { return path }
    }
    let hint =
      FileStatus("\(folder)/pytorch_model.bin") == nil
      ? "a checkpoint folder has it or model.safetensors.index.json"
      : "pytorch_model.bin is there; save the model with `safe_serialization=True` first"
    throw SystemError.missingFile(path: "\(folder)/model.safetensors", hint: hint)
  }

  /// Opens the shards that the index at `path` names.
  private static func shards(
    index path: String, folder: String
  ) throws -> (files: [SafetensorsFile], indices: [ByteName: Int]) {
    let map = try json(MappedFile(path: path))["weight_map"]?.object ?? []
    guard !map.isEmpty else {
      throw FormatError.corrupt(
        path: path, location: "weight_map", reason: "it names no tensor's file")
    }
    var holders: [String: String] = [:]  // shard: a tensor that it holds
    for member in map {
      guard let shard = member.value.string, !shard.isEmpty, !shard.contains("/"), shard != "..",
        shard.hasSuffix(".safetensors")
      else {
        throw FormatError.corrupt(
          path: path, location: "`\(member.key)`",
          reason: "its file must be a .safetensors beside the index")
      }
      if holders[shard] == nil { holders[shard] = member.key }
    }
    let names = holders.keys.sorted()
    let files = try names.map { name in
      do {
        return try SafetensorsFile(path: "\(folder)/\(name)")
      } catch SystemError.missingFile(let path, _) {
        throw SystemError.missingFile(
          path: path, hint: "the index says that it holds `\(holders[name] ?? "")`")
      }
    }
    let places = Dictionary(uniqueKeysWithValues: zip(names, files.indices))
    var indices: [ByteName: Int] = [:]
    for member in map {
      guard let place = places[member.value.string ?? ""] else { continue }
      guard files[place].entry(member.key) != nil else {
        throw FormatError.missingTensor(path: files[place].path, tensor: member.key)
      }
      indices[ByteName(member.key)] = place
    }
    return (files, indices)
  }

  /// Reads a JSON file.
  ///
  /// - Throws: `FormatError.foreign` or `.corrupt`.
  static func json(_ file: MappedFile) throws -> JSON {
    try file.refuseStandIn(for: "a JSON file of a checkpoint")
    do {
      return try file.withBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: file.path, location: "byte \(error.offset)", reason: error.reason)
    }
  }

  /// The tensor called `name`, nil where there is none.
  func tensor(_ name: String) -> Tensor? {
    guard let index = fileIndices[ByteName(name)], let entry = weightFiles[index].entry(name) else {
      return nil
    }
    return Tensor(file: weightFiles[index], entry: entry)
  }

  /// All tensors' names, in order.
  var tensorNames: [String] { fileIndices.keys.sorted().map(\.text) }
}
