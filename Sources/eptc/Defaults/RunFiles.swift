import EPTFormat
import EPTTrain
import Glibc

/// The files of one training run: the bundle, and beside it the checkpoint and others.
struct RunFiles {
  /// The bundle of the best parameters.
  let output: String
  /// The bundle of the last step's parameters; nil if it is not wanted.
  let last: String?
  let log: String?
  /// Whether an unfinished run is to be gone on with.
  let resumes: Bool
  private let replaces: Bool

  /// Where the state of an unfinished run is.
  var checkpoint: String { output + ".checkpoint" }

  /// Checks that everything can be written, before long work.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`, `CommandError.unfinishedRun`.
  init(output: String, keepLast: Bool, log: String?, resuming: Bool, replacing: Bool) throws {
    self.output = output
    let stem = output.hasSuffix(".eptb") ? String(output.dropLast(5)) : output
    last = keepLast ? stem + ".last.eptb" : nil
    self.log = log
    let hasCheckpoint = access(output + ".checkpoint", F_OK) == 0
    guard resuming || replacing || !hasCheckpoint else {
      throw CommandError.unfinishedRun(checkpoint: output + ".checkpoint")
    }
    resumes = resuming && hasCheckpoint
    // What an interrupted run has written belongs to the run that goes on.
    replaces = replacing || resumes
    for path in [output, last, log].compactMap({ $0 }) {
      try OutputPath.check(path, replacing: replaces)
    }
  }

  /// Writes what has come of the run; its checkpoint goes once it is whole.
  ///
  /// - Throws: `FormatError`.
  func write(_ outcome: TrainingOutcome, isInterrupted: Bool) throws {
    try outcome.best.write(to: output, replacing: replaces)
    if let last { try outcome.last.write(to: last, replacing: replaces) }
    if !isInterrupted { unlink(checkpoint) }
  }
}
