import EPTFormat
import EPTSystem

/// Where a checkpoint's files are, given what its user named.
struct CheckpointSource {
  /// The weight file or the index of shards.
  let weights: String
  /// Where `config.json` and the tokenizer are.
  let folder: String
  let modules: SentenceModules
  /// What was left aside.
  let notes: [String]

  /// Names of weights, in the order in which `transformers` prefers them.
  private static let weightNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]
  /// Weights of other libraries, and how to come by those that are read.
  private static let otherWeights = [
    ("tf_model.h5", "TensorFlow's weights"), ("flax_model.msgpack", "Flax's weights"),
    ("adapter_config.json", "an adapter without its model"),
  ]

  /// Whether `folder` has weights under a name that `transformers` gives them.
  static func hasWeights(folder: String) -> Bool {
    weightNames.contains { FileStatus("\(folder)/\($0)") != nil }
  }

  /// Looks at `path`: a weight file, an index of shards, or a folder.
  ///
  /// - Throws: `SystemError.missingFile` for a folder without weights; `ConvertError` for modules that
  ///   are not read.
  init(path: String) throws {
    let isFolder = FileStatus(path)?.isFolder ?? false
    let given = isFolder ? path.droppingTrailingSlashes : path.folder
    modules = try SentenceModules(folder: given)
    folder = modules.transformerFolder
    guard isFolder else {
      guard FileStatus(folder) == FileStatus(given) else {
        throw ConvertError.modelElsewhere(path: path, modules: modules.path, folder: folder)
      }
      (weights, notes) = (path, modules.notes)
      return
    }
    let found = Self.weightNames.filter { [folder] in FileStatus("\(folder)/\($0)") != nil }
    guard let first = found.first else { throw Self.missingWeights(folder) }
    weights = "\(folder)/\(first)"
    let left = found.dropFirst().joined(separator: ", ")
    notes =
      (left.isEmpty ? [] : ["\(folder): \(first) is read; left aside: \(left)"]) + modules.notes
  }

  private static func missingWeights(_ folder: String) -> SystemError {
    let others = otherWeights.filter { FileStatus("\(folder)/\($0.0)") != nil }
    let hint =
      others.first.map {
        "\($0.0) is there, \($0.1); load the model with transformers and save it with save_pretrained"
      } ?? "a checkpoint folder has one of \(weightNames.joined(separator: ", "))"
    return .missingFile(path: "\(folder)/\(weightNames[0])", hint: hint)
  }
}
