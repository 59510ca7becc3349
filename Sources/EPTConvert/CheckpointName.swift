/// What a checkpoint is called.
public enum CheckpointName {
  /// The endings of files of weights and of their indexes, longer ones first.
  private static let endings = [
    ".safetensors.index.json", ".bin.index.json", ".safetensors", ".bin", GGUFModel.ending,
  ]

  /// The name of the folder, or of the weights without what tells their format and their part.
  ///
  /// It is `model` for `folder/model.safetensors` and for `model-00001-of-00002.gguf`, and nil where the path
  /// has no name, such as `.`.
  public static func stem(of path: String) -> String? {
    guard let name = path.split(separator: "/").last.map(String.init), name != ".", name != ".."
    else { return nil }
    let stem =
      GGUFModel.Part(name: name).map { String($0.stem) }
      ?? endings.first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
    return stem.isEmpty ? nil : stem
  }
}
