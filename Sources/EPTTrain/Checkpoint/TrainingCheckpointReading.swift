import EPTFormat
import EPTModel
import EPTSystem
import EPTTask

extension TrainingCheckpoint {
  /// Reads and checks the checkpoint at `path`, which must be of `sweep`.
  ///
  /// - Throws: `TrainError.otherRun`, naming the first difference; what `ContainerFile` throws,
  ///   and `FormatError.corrupt` for contents that contradict one another.
  public init(path: String, of sweep: SeedSweep) throws {
    let reader = CheckpointReader(
      file: try ContainerFile(path: path, kind: .checkpoint), sweep: sweep)
    identity = try reader.file.json(CheckpointNames.identity)
    if let difference = Self.difference(identity, sweep.identity, at: "") {
      throw TrainError.otherRun(
        path: path, what: difference.what, stored: difference.stored, given: difference.given)
    }
    let state = try reader.file.json(CheckpointNames.state)
    finished = try reader.finished(state["finished"])
    switch state["current"] {
    case nil, .null?: current = nil
    case let json?:
      guard finished.count < sweep.trainers.count else { throw reader.fault("current") }
      current = try reader.run(json, of: sweep.trainers[finished.count])
    }
  }

  /// Where two values first differ, and how.
  private static func difference(
    _ stored: JSON, _ given: JSON, at path: String
  ) -> (what: String, stored: String, given: String)? {
    guard stored != given else { return nil }
    if let (mine, theirs) = stored.object.flatMap({ mine in given.object.map { (mine, $0) } }) {
      for member in theirs {
        let old = mine.first { $0.key.isIdentical(to: member.key) }?.value ?? .null
        let place = path.isEmpty ? member.key : "\(path).\(member.key)"
        if let difference = difference(old, member.value, at: place) { return difference }
      }
    }
    return (path.isEmpty ? "identity" : path, stored.serialized(), given.serialized())
  }
}

/// The parts of a checkpoint, read and checked one by one.
private struct CheckpointReader {
  /// The longest time that a run can have taken: some thousand years.
  private static let mostSeconds = 1e11

  let file: ContainerFile
  let sweep: SeedSweep

  func fault(_ member: String) -> FormatError {
    FormatError.corrupt(
      path: file.path, location: "section `\(CheckpointNames.state)`",
      reason: "\"\(member)\" is missing or impossible; remove the file and start over")
  }

  func finished(_ json: JSON?) throws -> [TrainingOutcome] {
    guard let array = json?.array, array.count <= sweep.trainers.count else {
      throw fault("finished")
    }
    return try array.enumerated().map { index, json in
      let trainer = sweep.trainers[index]
      func bundle(_ key: String, _ place: CheckpointNames.Place) throws -> TaskBundle {
        guard let record = json[key].flatMap(TrainingRecord.init) else { throw fault(key) }
        guard let temperature = json["temperatures"]?[key]?.number.map(Float.init),
          (1e-3...1e3).contains(temperature)
        else { throw fault("temperatures") }
        return trainer.bundle(
          try parameters(place, like: trainer.start), record, temperature: temperature,
          thresholds: try thresholds(json, "\(key)_thresholds", trainer.task))
      }
      return TrainingOutcome(
        seed: trainer.plan.settings.seed, best: try bundle("best", .finishedBest(index)),
        last: try bundle("last", .finishedLast(index)),
        predictedClasses: json["predicted_classes"]?.integer, times: try times(json))
    }
  }

  func run(_ json: JSON, of trainer: Trainer) throws -> TrainingRun.State {
    // As many steps as `TrainingSettings` allows, and as many again for the fall of the rates.
    let most = 1 << 25
    func count(_ key: String, from minimum: Int = 0, to maximum: Int = 1 << 25) throws -> Int {
      guard let value = json[key]?.integer, minimum <= value, value <= maximum else {
        throw fault(key)
      }
      return value
    }
    func optionalCount(_ key: String, from minimum: Int, to maximum: Int) throws -> Int? {
      guard let value = json[key], value != .null else { return nil }
      return try count(key, from: minimum, to: maximum)
    }
    let (plan, start) = (trainer.plan, trainer.start)
    let step = try count("step")
    let end = try optionalCount("end", from: step, to: most)
    let decayStart = try optionalCount("decay_start", from: 0, to: end ?? most)
    var state = TrainingRun.State(
      parameters: try parameters(.current, like: start), step: step,
      optimiser: AdamW(
        steps: step, first: try parameters(.firstMoment, like: start),
        second: try parameters(.secondMoment, like: start),
        weightDecay: plan.settings.weightDecay),
      schedule: LearningRateSchedule(
        plan.settings.schedule, warmUp: plan.warmUp, decayStart: decayStart, end: end))
    if let bestStep = try optionalCount("best_step", from: 0, to: step) {
      state.best = TrainingRun.Candidate(
        parameters: try parameters(.currentBest, like: start), step: bestStep,
        evaluation: try evaluation(json, "best_evaluation", trainer.task))
    }
    state.lastEvaluatedStep = try count("last_evaluated_step", from: -1, to: step)
    state.lastEvaluation = try evaluation(json, "last_evaluation", trainer.task)
    state.evaluations = try count("evaluations")
    state.evaluationsWithoutGain = try count("evaluations_without_gain")
    state.loss = json["loss"]?.number
    state.recentLoss = json["recent_loss"]?.number ?? 0
    guard state.loss?.isFinite ?? true, state.recentLoss.isFinite else { throw fault("loss") }
    state.recentSteps = try count("recent_steps")
    if let columns = json["history"], columns != .null {
      guard let history = TrainingHistory(columns) else { throw fault("history") }
      state.history = history
    }
    state.times = try times(json)
    return state
  }

  private func times(_ json: JSON) throws -> TrainingTimes {
    guard let seconds = json["seconds"], let training = seconds["training"]?.number,
      let evaluation = seconds["evaluation"]?.number,
      [training, evaluation].allSatisfy({ (0...Self.mostSeconds).contains($0) })
    else { throw fault("seconds") }
    var times = TrainingTimes()
    (times.training, times.evaluation) = (training, evaluation)
    return times
  }

  /// An evaluation, nil where null stands.
  private func evaluation(
    _ json: JSON, _ key: String, _ task: TaskDefinition
  ) throws -> Evaluation? {
    guard let json = json[key] else { throw fault(key) }
    if json == .null { return nil }
    guard let score = json["figures"].flatMap(MetricScore.init), let loss = json["loss"]?.number,
      let classes = json["predicted_classes"]?.integer, (0...1 << 32).contains(classes),
      loss.isFinite
    else { throw fault(key) }
    return Evaluation(
      score: score, loss: loss, predictedClasses: classes,
      thresholds: try thresholds(json, "thresholds", task))
  }

  /// The thresholds of labels, nil where there are none.
  private func thresholds(_ json: JSON, _ key: String, _ task: TaskDefinition) throws -> [Float]? {
    guard let thresholds = CheckpointThresholds.read(json, key, count: task.labels.count) else {
      throw fault(key)
    }
    return thresholds
  }

  private func parameters(
    _ place: CheckpointNames.Place, like start: TrainedParameters
  ) throws -> TrainedParameters {
    var parameters = start
    for tensor in start.tensors where !start[tensor].isEmpty {
      parameters[tensor] = try file.floats(place.name(tensor), shape: [start[tensor].count])
    }
    return parameters
  }
}
