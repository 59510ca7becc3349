import EPTFormat
import EPTTask

/// One run a seed, one after another, with one checkpoint for all.
///
/// If two ways to read a pair are tried, there is one run for each seed and way.
public struct SeedSweep {
  /// What tells a run from the others of its sweep.
  public struct Run: Sendable, Equatable {
    /// The run's seed.
    public let seed: UInt64
    /// Whether the two texts of a pair pass alone.
    public let readsApart: Bool

    public init(seed: UInt64, readsApart: Bool) {
      self.seed = seed
      self.readsApart = readsApart
    }
  }

  let trainers: [Trainer]

  /// The runs, in order.
  public var runs: [Run] {
    trainers.map {
      Run(seed: $0.plan.settings.seed, readsApart: $0.plan.head?.readsApart ?? false)
    }
  }

  /// The rows that choose the best step of every run.
  public var validationRows: [Example] { trainers.first?.data.validation ?? [] }

  /// What tells this sweep from others: a checkpoint is resumed only by its own.
  let identity: JSON

  /// A sweep of runs that differ by their seeds alone.
  ///
  /// - Parameters:
  ///   - trainers: one a seed, in order; at least one.
  ///   - weights: a digest of the backbone's file, since encodings of one checkpoint train
  ///     differently.
  public init(_ trainers: [Trainer], weights: String) {
    self.trainers = trainers
    let seeds = trainers.map { JSON.string(String($0.plan.settings.seed)) }
    identity = .object(
      [JSONMember("seeds", .array(seeds))] + (trainers.first?.identity(weights: weights) ?? []))
  }

  /// Runs all seeds, or from `checkpoint` on those that are left.
  ///
  /// - Parameters:
  ///   - checkpoint: of this sweep.
  ///   - hooks: as for one run; its seed stands in the progress.
  ///   - checkpointInterval: steps between checkpoints, beside those at evaluations.
  ///   - save: keeps a checkpoint.
  /// - Returns: one outcome a seed; fewer if the last of them was interrupted.
  /// - Throws: `TrainError.diverged`, `ModelError`, and what `save` throws.
  public func run(
    from checkpoint: TrainingCheckpoint? = nil, _ hooks: Trainer.Hooks = Trainer.Hooks(),
    checkpointInterval: Int? = nil, save: (TrainingCheckpoint) throws -> Void = { _ in }
  ) throws -> [TrainingOutcome] {
    var finished = checkpoint?.finished ?? []
    var state = checkpoint?.current
    for trainer in trainers.dropFirst(finished.count) {
      let outcome = try trainer.run(
        from: state, hooks, checkpointInterval: checkpointInterval
      ) { current in
        try save(
          TrainingCheckpoint(identity: identity, finished: finished, current: current))
      }
      state = nil
      finished.append(outcome)
      if outcome.best.training.isInterrupted { break }
      if finished.count < trainers.count {
        try save(TrainingCheckpoint(identity: identity, finished: finished, current: nil))
      }
    }
    return finished
  }
}

extension [TrainingOutcome] {
  /// The outcome that is best by validation; of equal ones the first.
  public var bestByValidation: TrainingOutcome? {
    var best: TrainingOutcome?
    for outcome in self {
      guard let score = outcome.best.training.validation?.selection else {
        best = best ?? outcome
        continue
      }
      if score > best?.best.training.validation?.selection ?? -.infinity { best = outcome }
    }
    return best
  }
}

extension Trainer {
  /// All that the result depends on but the seed.
  fileprivate func identity(weights: String) -> [JSONMember] {
    let shape = plan.shape
    let settings = (plan.json.object ?? []).filter { !["seed", "parameters"].contains($0.key) }
    return [
      JSONMember("backbone", .string(identity.fingerprint)),
      JSONMember("weights", .string(weights)),
      JSONMember("task", task.json),
      JSONMember("rows", .string(data.digest)),
      JSONMember("settings", .object(settings)),
      JSONMember(
        "prompt",
        [
          "prompt_length": .integer(shape.promptLength),
          "input_length": .integer(shape.inputLength), "rank": .integer(shape.rank),
          "subspaces": .integer(shape.subspaces),
          "subspace_width": .integer(shape.subspaceWidth),
          "alpha": .string(plan.alpha.description), "fusion": .bool(plan.usesFusion),
          "fusion_scale": .string(plan.fusionScale.description),
          "start": .string(start.digest),
        ]),
    ]
  }
}

extension TrainedParameters {
  /// SHA-256 of all numbers.
  fileprivate var digest: String {
    var hash = SHA256()
    for tensor in tensors { self[tensor].withUnsafeBytes { hash.update($0) } }
    return hash.finish().hex
  }
}

extension Dataset {
  /// SHA-256 of all rows.
  fileprivate var digest: String {
    var hash = SHA256()
    for rows in [train, validation, test] {
      for example in rows {
        let several = example.labels.map(String.init)
        for field in example.values + ["\(example.label)", "\(example.score ?? 0)"] + several {
          var text = field + "\u{0}"
          text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        }
      }
      withUnsafeBytes(of: rows.count.littleEndian) { hash.update($0) }
    }
    return hash.finish().hex
  }
}
