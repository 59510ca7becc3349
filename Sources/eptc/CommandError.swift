/// What can be wrong with a command before any other room is at work.
enum CommandError: Error, Equatable {
  /// No backbone was named, and the folder holds none or several.
  case noBackbone(folder: String, candidates: [String])
  /// The output is there already.
  case outputExists(path: String)
  /// The kind of a file cannot be told.
  case unknownFileKind(path: String)

  var status: ExitStatus {
    switch self {
    case .noBackbone: .missingInput
    case .outputExists: .cannotCreate
    case .unknownFileKind: .badData
    }
  }
}

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .noBackbone(let folder, let candidates):
      candidates.isEmpty
        ? "no .ept file in \(folder); make one with `eptc convert`, or name one with --model or EPT_MODEL"
        : "several .ept files in \(folder) (\(candidates.joined(separator: ", "))); "
          + "name one with --model or EPT_MODEL"
    case .outputExists(let path):
      "\(path) exists already; use --force to replace it"
    case .unknownFileKind(let path):
      "\(path) is neither a safetensors checkpoint nor a .ept nor a .eptb file"
    }
  }
}
