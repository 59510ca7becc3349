import Foundation

@testable import EPTTrain

extension SeedSweep {
  private struct Killed: Error {}

  /// Runs as a process that is killed: what comes behind the checkpoint that `isLast` names is lost.
  ///
  /// - Parameters:
  ///   - path: Where each checkpoint is written.
  ///   - checkpointInterval: As of `run`.
  ///   - isLast: Told the checkpoint and how many steps were made.
  /// - Returns: Whether it was killed; false for a run that came to its end.
  /// - Throws: What the run or the writing of a checkpoint throws.
  func runUntilKilled(
    path: String, checkpointInterval: Int? = nil,
    isLast: (_ checkpoint: TrainingCheckpoint, _ steps: Int) -> Bool
  ) throws -> Bool {
    var made = 0
    let hooks = Trainer.Hooks(progress: { made += $0.event == .step ? 1 : 0 })
    do {
      _ = try run(hooks, checkpointInterval: checkpointInterval) { checkpoint in
        try checkpoint.write(to: path)
        if isLast(checkpoint, made) { throw Killed() }
      }
      return false
    } catch is Killed {
      return true
    }
  }
}

extension [TrainingOutcome] {
  /// The bytes of the best and the last bundle of each; `folder` is for the file that they are written to.
  func bundleBytes(in folder: String) throws -> [Data] {
    try flatMap { outcome in
      try [outcome.best, outcome.last].map { bundle in
        let path = folder + "/bundle.eptb"
        try bundle.write(to: path, replacing: true)
        return try Data(contentsOf: URL(fileURLWithPath: path))
      }
    }
  }
}
