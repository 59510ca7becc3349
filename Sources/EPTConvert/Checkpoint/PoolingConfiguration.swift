import EPTFormat
import EPTModel

/// Reads the configuration of a Pooling module of sentence-transformers.
enum PoolingConfiguration {
  /// Flags, and the name that newer versions have for each mode.
  private static let flags = [
    ("pooling_mode_cls_token", "cls"), ("pooling_mode_mean_tokens", "mean"),
    ("pooling_mode_max_tokens", "max"),
    ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
    ("pooling_mode_weightedmean_tokens", "weightedmean"), ("pooling_mode_lasttoken", "lasttoken"),
  ]
  private static let read: [String: Pooling] = ["mean": .mean, "cls": .cls, "lasttoken": .last]

  /// The one mode that `json` names.
  ///
  /// `path` is for messages. As in sentence-transformers, `pooling_mode` comes before the flags, and the mean is on where its flag is left out.
  ///
  /// - Throws: `ConvertError.unsupportedPooling`; `FormatError.corrupt` for values of the wrong kind.
  static func pooling(_ json: JSON, path: String) throws -> Pooling {
    let modes = try modes(json, path: path)
    guard modes.count == 1, let pooling = read[modes[0]] else {
      throw ConvertError.unsupportedPooling(path: path, modes: modes)
    }
    return pooling
  }

  private static func modes(_ json: JSON, path: String) throws -> [String] {
    func fault(_ key: String, _ kind: String) -> FormatError {
      .corrupt(path: path, location: "\"\(key)\"", reason: "it must be \(kind)")
    }
    guard json.object != nil else {
      throw FormatError.corrupt(path: path, location: "its top", reason: "it is no object")
    }
    if let mode = json["pooling_mode"], mode != .null {
      let names = mode.string.map { [$0] } ?? mode.array?.compactMap(\.string)
      guard let names, names.count == mode.array?.count ?? 1 else {
        throw fault("pooling_mode", "a text")
      }
      return names.map { $0.lowercased() }
    }
    return try flags.filter { key, mode in
      guard let value = json[key], value != .null else { return mode == "mean" }
      guard let isOn = value.bool else { throw fault(key, "true or false") }
      return isOn
    }.map(\.1)
  }
}
