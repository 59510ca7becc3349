import EPTFormat
import EPTModel
import EPTSystem

/// What a folder of sentence-transformers says besides the model: where it is, and how its states are
/// pooled.
///
/// A folder without `modules.json` is its own model's; beside it the pooling may still be stated.
struct SentenceModules {
  /// Where the model's own files are.
  let transformerFolder: String
  /// How the folder pools; nil where it does not say.
  let pooling: Pooling?
  /// `modules.json`, or where it would be.
  let path: String
  /// Files that were read.
  let files: [String]
  /// What is said but changes nothing.
  let notes: [String]

  /// One entry of `modules.json`.
  private struct Module {
    /// The class's name without its Python module.
    let type: String
    /// Its folder below that of `modules.json`; empty for that itself.
    let folder: String
  }

  /// Classes that hold a model of `transformers`, with names of before version 0.3.
  private static let transformers = [
    "Transformer", "BERT", "RoBERTa", "DistilBERT", "ALBERT", "CamemBERT", "XLMRoBERTa", "T5",
  ]
  private static let listName = "modules.json"
}

extension SentenceModules {
  /// No modules: the model is in `folder`, and pools by `pooling`.
  init(none folder: String, pooling: Pooling?) {
    self.init(
      transformerFolder: folder, pooling: pooling, path: "\(folder)/\(Self.listName)", files: [],
      notes: [])
  }

  /// Looks at `folder`, and at the one above it for a list that names `folder`.
  ///
  /// - Throws: `ConvertError` for modules that are not read; `FormatError`.
  init(folder: String) throws {
    for root in [folder, folder + "/.."] {
      let path = "\(root)/\(Self.listName)"
      guard let json = try CheckpointJSON.readIfPresent(path) else { continue }
      let modules = try Self.modules(json, path: path)
      let model = try Self.transformer(of: modules, path: path)
      let place = model.folder.isEmpty ? root : "\(root)/\(model.folder)"
      // A list in the folder above may be of something else.
      guard root == folder || FileStatus(place) == FileStatus(folder) else { continue }
      try self.init(modules, root: root, transformer: root == folder ? place : folder, path: path)
      return
    }
    let stated = try Self.stated(["1_Pooling/config.json", "pooling_config.json"], in: folder)
    self.init(
      transformerFolder: folder, pooling: stated.pooling, path: "\(folder)/\(Self.listName)",
      files: stated.files, notes: [])
  }

  private init(_ modules: [Module], root: String, transformer: String, path: String) throws {
    var (poolings, notes): ([String], [String]) = ([], [])
    for module in modules where !Self.transformers.contains(module.type) {
      switch module.type {
      case "Pooling":
        let folder = module.folder.isEmpty ? "" : module.folder + "/"
        guard FileStatus("\(root)/\(folder)config.json") != nil else {
          throw SystemError.missingFile(
            path: "\(root)/\(folder)config.json", hint: "\(path) says that pooling is stated there")
        }
        poolings.append(folder + "config.json")
      case "Normalize":
        notes.append("\(path): Normalize is left out; a head reads the vector before it")
      default:
        throw ConvertError.unsupportedModule(path: path, type: module.type)
      }
    }
    guard poolings.count < 2 else {
      throw ConvertError.unsupportedModule(path: path, type: "second Pooling")
    }
    let stated = try Self.stated(poolings + ["pooling_config.json"], in: root)
    self.init(
      transformerFolder: transformer, pooling: stated.pooling, path: path,
      files: [path] + stated.files, notes: notes)
  }

  private static func modules(_ json: JSON, path: String) throws -> [Module] {
    guard let entries = json.array, !entries.isEmpty else {
      throw FormatError.corrupt(path: path, location: "its top", reason: "it lists no modules")
    }
    return try entries.enumerated().map { index, entry in
      guard let type = entry["type"]?.string, let folder = entry["path"]?.string else {
        throw FormatError.corrupt(
          path: path, location: "module \(index)", reason: "\"type\" or \"path\" is missing")
      }
      let components = folder.split(separator: "/", omittingEmptySubsequences: false)
      guard folder.isEmpty || components.allSatisfy({ !["", ".", ".."].contains($0) }) else {
        throw FormatError.corrupt(
          path: path, location: "module \(index)", reason: "its path must lie below \(path.folder)")
      }
      return Module(type: type.split(separator: ".").last.map(String.init) ?? "", folder: folder)
    }
  }

  private static func transformer(of modules: [Module], path: String) throws -> Module {
    let models = modules.filter { transformers.contains($0.type) }
    guard let model = models.first, models.count == 1 else {
      throw ConvertError.unsupportedModule(
        path: path, type: models.isEmpty ? modules[0].type : "second \(models[1].type)")
    }
    return model
  }

  /// What those of `names` that are in `folder` say, which must be one thing.
  private static func stated(
    _ names: [String], in folder: String
  ) throws -> (pooling: Pooling?, files: [String]) {
    var said: [(path: String, pooling: Pooling)] = []
    for name in names {
      let path = "\(folder)/\(name)"
      guard let json = try CheckpointJSON.readIfPresent(path) else { continue }
      said.append((path, try PoolingConfiguration.pooling(json, path: path)))
    }
    for other in said.dropFirst() where other.pooling != said[0].pooling {
      throw ConvertError.differingPoolings(
        first: said[0].path, second: other.path,
        values: [said[0].pooling.rawValue, other.pooling.rawValue])
    }
    return (said.first?.pooling, said.map(\.path))
  }
}
