import EPTFormat
import EPTSystem

/// What a checkpoint's index says: which file holds which tensor.
struct CheckpointIndex {
  /// The file of each tensor, by the tensor's name.
  let files: [ByteName: String]
  /// The files' names, in order.
  let shards: [String]

  /// Reads the index at `path`.
  ///
  /// - Throws: `FormatError.corrupt` for a file that is none or lies elsewhere.
  init(path: String) throws {
    let map = try CheckpointJSON.read(path)["weight_map"]?.object ?? []
    guard !map.isEmpty else {
      throw FormatError.corrupt(
        path: path, location: "weight_map", reason: "it names no tensor's file")
    }
    var files: [ByteName: String] = [:]
    for member in map {
      guard let shard = member.value.string, !shard.contains("/"),
        [".safetensors", ".bin"].contains(where: { shard.hasSuffix($0) && shard != $0 })
      else {
        throw FormatError.corrupt(
          path: path, location: "`\(member.key)`",
          reason: "its file must be a .safetensors or .bin beside the index")
      }
      files[ByteName(member.key)] = shard
    }
    self.files = files
    shards = Set(files.values.map { ByteName($0) }).sorted().map(\.text)
  }
}
