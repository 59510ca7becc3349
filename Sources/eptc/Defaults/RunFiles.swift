import EPTSystem
import EPTTask
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
  /// Another run with one of the outputs is refused as long as this one lasts.
  private let locks: [OutputLock]

  /// Where the state of an unfinished run is.
  var checkpoint: String { output + ".checkpoint" }

  /// Checks that everything can be written, before long work, and claims it for this process.
  ///
  /// `inputs` are the files that the run reads.
  ///
  /// - Throws: `SystemError`, `CommandError.unfinishedRun` or `.sameOutput`.
  init(
    output: String, keepLast: Bool, log: String?, inputs: [String], resuming: Bool, replacing: Bool
  ) throws {
    self.output = output
    let stem = output.hasSuffix(".eptb") ? String(output.dropLast(5)) : output
    last = keepLast ? stem + ".last.eptb" : nil
    self.log = log
    let checkpoint = output + ".checkpoint"
    let outputs = [output, last, log].compactMap { $0 }
    // All but what is there already, of which this process may know more once it has claimed it.
    for path in outputs { try OutputPath.check(path, replacing: true, inputs: inputs) }
    try OutputPath.requireDistinct(outputs + [checkpoint])
    // The checkpoint too: another run's log must not lie where this one writes it and removes it.
    locks = try (outputs + [checkpoint]).map { try OutputLock(path: $0) }
    let hasCheckpoint = FileStatus(checkpoint) != nil
    guard resuming || replacing || !hasCheckpoint else {
      throw CommandError.unfinishedRun(checkpoint: checkpoint)
    }
    resumes = resuming && hasCheckpoint
    // What an interrupted run has written belongs to the run that goes on.
    replaces = replacing || resumes
    for path in outputs + [checkpoint] {
      let isCheckpoint = path.isIdentical(to: checkpoint)
      try OutputPath.check(path, replacing: replaces || isCheckpoint, inputs: inputs)
    }
  }

  /// Writes what has come of the run; its checkpoint goes once it is whole.
  ///
  /// - Throws: `FormatError`, or `TaskError.unusablePrompt` for a number that `numbers` cannot hold.
  func write(
    _ outcome: TrainingOutcome, as numbers: BundleNumbers, isInterrupted: Bool
  ) throws {
    try outcome.best.write(to: output, replacing: replaces, numbers: numbers)
    if let last { try outcome.last.write(to: last, replacing: replaces, numbers: numbers) }
    if !isInterrupted { _ = checkpoint.withPath { unlink($0) } }
  }
}
