/// What can be wrong with a command before any other room is at work, and with its output.
package enum CommandError: Error, Equatable {
  /// No backbone was named, and the folder holds none or several.
  case noBackbone(folder: String, candidates: [String])
  /// Several backbones are there, none of them the one that the bundle fits.
  case noFittingBackbone(folder: String, candidates: [String], wanted: String)
  /// A file of rows where a model should be.
  case dataFile(path: String)
  /// A run that was broken off would be lost.
  case unfinishedRun(checkpoint: String)
  /// Two outputs of one command are the same file.
  case sameOutput(path: String, other: String)
  /// A line of a manifest that is no task.
  case badManifest(path: String, line: Int, reason: String)
  /// The finished answers of a shard are of another input or of other prompts.
  case otherShard(path: String, marker: String)
  /// Answers that are not one class a row have no confusion matrix.
  case noConfusion(path: String)
  /// Answers that are a tag a word, which are not compared row by row.
  case noQualification(path: String)
  /// The server's executable cannot be started. `reason` is the system's own text.
  case noServer(path: String, reason: String)
  /// Standard output cannot be written. `reason` is the system's own text.
  case output(reason: String)
  /// The reader of standard output has gone.
  case closedOutput
}

extension CommandError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noBackbone(let folder, let candidates):
      candidates.isEmpty
        ? "no .ept file in \(folder); make one with `eptc convert`, or name one with --model or EPT_MODEL"
        : "several .ept files in \(folder) (\(candidates.joined(separator: ", "))); "
          + "name one with --model or EPT_MODEL"
    case .noFittingBackbone(let folder, let candidates, let wanted):
      "none of the .ept files in \(folder) (\(candidates.joined(separator: ", "))) is \(wanted), which "
        + "the bundle was made for; name that one with --model or EPT_MODEL"
    case .dataFile(let path):
      "\(path) is text, a file of rows perhaps; `inspect` shows models and bundles. "
        + "`eptc tune --dry-run --train \(path)` tells how its rows are read"
    case .unfinishedRun(let checkpoint):
      "\(checkpoint) holds an unfinished run; go on with --resume, or start over with --force"
    case .sameOutput(let path, let other):
      "\(path) and \(other) are the same file; name one of them otherwise"
    case .badManifest(let path, let line, let reason):
      "\(path):\(line): \(reason); a line is an object of the flags of `eptc tune`"
    case .otherShard(let path, let marker):
      "\(path) has the answers of another run, as \(marker) tells; name another output, or make it "
        + "again with --force"
    case .noConfusion(let path):
      "\(path) does not answer with one class a row, so it has no confusion matrix; the figures and "
        + "the worst errors tell how good it is"
    case .noQualification(let path):
      "\(path) answers each word, which `qualify` does not compare; score both encodings with "
        + "`eptc eval`"
    case .noServer(let path, let reason):
      "cannot start \(path): \(reason); build it with `swift build -c release --product eptc-serve` and "
        + "install it beside eptc"
    case .output(let reason):
      "cannot write standard output: \(reason)"
    case .closedOutput:
      "the reader of standard output has gone"
    }
  }
}
