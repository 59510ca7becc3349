/// What can be wrong with a command before any other room is at work.
enum CommandError: Error, Equatable {
  /// No backbone was named, and the folder holds none or several.
  case noBackbone(folder: String, candidates: [String])
  /// A run that was broken off would be lost.
  case unfinishedRun(checkpoint: String)
}

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .noBackbone(let folder, let candidates):
      candidates.isEmpty
        ? "no .ept file in \(folder); make one with `eptc convert`, or name one with --model or EPT_MODEL"
        : "several .ept files in \(folder) (\(candidates.joined(separator: ", "))); "
          + "name one with --model or EPT_MODEL"
    case .unfinishedRun(let checkpoint):
      "\(checkpoint) holds an unfinished run; go on with --resume, or start over with --force"
    }
  }
}
