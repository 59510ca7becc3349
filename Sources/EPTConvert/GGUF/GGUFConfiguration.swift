import EPTFormat
import EPTModel

/// What a GGUF file's metadata says of its architecture, as a `config.json` would.
struct GGUFConfiguration {
  private static let architectures = ["llama", "qwen2", "qwen3", "bert", "t5", "t5encoder"]

  let json: JSON
  /// What its tensors are called.
  let names: GGUFNames
  /// Heads whose rows the file has reordered; nil for none.
  var rotatedHeads: GGUFWeights.Heads?
  /// How an encoder's states are pooled; nil where the file does not say.
  var pooling: Pooling?
  /// The kinds of tokenizers that models of the architecture have.
  let tokenizers: [String]

  /// Reads `metadata`; `files` are all of the model's.
  ///
  /// - Throws: `FormatError`.
  static func read(_ metadata: GGUFMetadata, _ files: [GGUFFile]) throws -> GGUFConfiguration {
    guard let name = try metadata.string("general.architecture") else {
      throw metadata.corrupt("general.architecture", "it is not there")
    }
    switch name {
    case "llama", "qwen2", "qwen3": return try causal(name, metadata, files)
    case "bert": return try bert(metadata, files)
    case "t5", "t5encoder": return try t5(name, metadata, files)
    default:
      throw metadata.unsupported(
        "architecture `\(name)` in GGUF",
        "\(architectures.joined(separator: ", ")) are; convert its safetensors checkpoint")
    }
  }
}

extension [GGUFFile] {
  /// The sizes of tensor `name`, in whichever file it is.
  func shape(of name: String) -> [Int]? { lazy.compactMap { $0.shape(of: name) }.first }

  /// How many rows the matrix `name` has.
  ///
  /// - Throws: `FormatError.missingTensor`, also for a tensor that is no matrix.
  func rows(of name: String) throws -> Int {
    guard let shape = shape(of: name), shape.count == 2 else {
      throw FormatError.missingTensor(path: first?.path ?? "", tensor: name)
    }
    return shape[0]
  }
}
