import EPTFormat
import EPTTask

/// A run in the middle: what is left to do follows from it and from the run's settings.
///
/// docs/reference/format.md describes the file.
public struct TrainingCheckpoint: Sendable {
  /// The sweep that it belongs to.
  let identity: JSON
  /// The seeds that are done.
  let finished: [TrainingOutcome]
  /// The seed at work; nil between two.
  let current: TrainingRun.State?

  /// How many seeds are done.
  public var finishedSeeds: Int { finished.count }

  /// Steps made of the seed at work.
  public var step: Int { current?.step ?? 0 }

  /// The step of its last evaluation, -1 before the first.
  public var lastEvaluatedStep: Int { current?.lastEvaluatedStep ?? -1 }
}

/// Names of a checkpoint's sections and tensors.
enum CheckpointNames {
  static let identity = "identity"
  static let state = "state"

  /// Where the numbers of one set of parameters stand.
  enum Place {
    case current
    case firstMoment
    case secondMoment
    case currentBest
    case finishedBest(Int)
    case finishedLast(Int)

    /// The name of `tensor` there.
    func name(_ tensor: ParameterTensor) -> String {
      switch self {
      case .current: "current/parameters/\(tensor.name)"
      case .firstMoment: "current/first_moment/\(tensor.name)"
      case .secondMoment: "current/second_moment/\(tensor.name)"
      case .currentBest: "current/best/\(tensor.name)"
      case .finishedBest(let run): "finished/\(run)/best/\(tensor.name)"
      case .finishedLast(let run): "finished/\(run)/last/\(tensor.name)"
      }
    }
  }
}

extension TrainingCheckpoint {
  /// Writes the checkpoint to `path`, in place of the one before, all or nothing.
  ///
  /// - Throws: `SystemError.system` if the disk refuses.
  public func write(to path: String) throws {
    var writer = ContainerWriter(kind: .checkpoint)
    writer.addSection(CheckpointNames.identity, Array(identity.serialized().utf8))
    let state: JSON = [
      "finished": .array(finished.map(\.json)), "current": current?.json ?? .null,
    ]
    writer.addSection(CheckpointNames.state, Array(state.serialized().utf8))
    func add(_ parameters: TrainedParameters, _ place: CheckpointNames.Place) {
      for tensor in parameters.tensors where !parameters[tensor].isEmpty {
        writer.addTensor(
          name: place.name(tensor), shape: [parameters[tensor].count],
          floats: parameters[tensor])
      }
    }
    for (run, outcome) in finished.enumerated() {
      add(TrainedParameters(outcome.best), .finishedBest(run))
      add(TrainedParameters(outcome.last), .finishedLast(run))
    }
    if let current {
      add(current.parameters, .current)
      add(current.optimiser.first, .firstMoment)
      add(current.optimiser.second, .secondMoment)
      if let best = current.best { add(best.parameters, .currentBest) }
    }
    try writer.write(to: path, replacing: true)
  }
}

extension TrainedParameters {
  /// The trained numbers of a bundle.
  init(_ bundle: TaskBundle) {
    self.init(prompt: bundle.prompt)
    if case .head(let head) = bundle.readout { self.head = head }
  }
}

extension TrainingOutcome {
  fileprivate var json: JSON {
    .object(
      [
        JSONMember("best", best.training.json), JSONMember("last", last.training.json),
        JSONMember("predicted_classes", predictedClasses.map { .integer($0) } ?? .null),
        JSONMember("seconds", times.json),
        JSONMember(
          "temperatures",
          [
            "best": .number(Double(best.temperature)), "last": .number(Double(last.temperature)),
          ]),
      ] + CheckpointThresholds.members("best_thresholds", best.thresholds)
        + CheckpointThresholds.members("last_thresholds", last.thresholds))
  }
}

extension TrainingRun.State {
  fileprivate var json: JSON {
    func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    return [
      "step": .integer(step),
      "decay_start": number(schedule.decayStart),
      "end": number(schedule.end),
      "best_step": number(best?.step),
      "best_evaluation": best?.evaluation?.json ?? .null,
      "last_evaluated_step": .integer(lastEvaluatedStep),
      "last_evaluation": lastEvaluation?.json ?? .null,
      "evaluations": .integer(evaluations),
      "evaluations_without_gain": .integer(evaluationsWithoutGain),
      "loss": loss.map { .number($0) } ?? .null,
      "recent_loss": .number(recentLoss),
      "recent_steps": .integer(recentSteps),
      "history": history.points.isEmpty ? .null : history.json,
      "seconds": times.json,
    ]
  }
}

extension Evaluation {
  fileprivate var json: JSON {
    .object(
      [
        JSONMember("figures", score.json), JSONMember("loss", .number(loss)),
        JSONMember("predicted_classes", .integer(predictedClasses)),
      ] + CheckpointThresholds.members("thresholds", thresholds))
  }
}

extension TrainingTimes {
  fileprivate var json: JSON {
    ["training": .number(training), "evaluation": .number(evaluation)]
  }
}
