import EPTTrain

/// Writes a run's checkpoints; one that cannot be written does not end the run.
struct CheckpointWriter {
  let path: String
  /// Whether the last checkpoint was written.
  private(set) var isCurrent = false
  private var hasWarned = false

  init(path: String) {
    self.path = path
  }

  /// Writes a checkpoint, or says once why it cannot: what the run is for, its bundle, may fit yet.
  mutating func write(_ checkpoint: TrainingCheckpoint) {
    do {
      try checkpoint.write(to: path)
      isCurrent = true
    } catch {
      isCurrent = false
      guard !hasWarned else { return }
      hasWarned = true
      report(
        "warning: no checkpoint, so that an interrupted run would have to start over: "
          + FlagNames.message(error))
    }
  }
}
