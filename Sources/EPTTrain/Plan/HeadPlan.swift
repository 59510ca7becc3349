import EPTCompute
import EPTModel
import EPTTask

/// How an encoder reads the two texts of a pair.
public enum PairReading: String, Sendable, CaseIterable {
  /// As one input, a separator between them.
  case joined
  /// Each alone; the head compares their vectors.
  case apart
}

/// Which linear head is trained: what it reads, what its outputs stand for, and where it starts.
public struct HeadPlan: Sendable, Equatable {
  /// What the outputs stand for.
  public let kind: HeadKind
  /// What the head reads.
  public let features: HeadFeatures
  let pooling: Pooling
  /// How many outputs there are.
  let outputs: Int
  /// How many numbers each reads.
  let inputs: Int
  /// What every weight and every bias starts from.
  private let startWeight: Float
  private let startBias: Float

  /// Whether the two texts of a pair pass alone.
  public var readsApart: Bool { features.textCount > 1 }

  /// How many numbers are trained.
  var parameterCount: Int { outputs * (inputs + 1) }

  /// The head that training starts from: of the cosine such that the answer is the untrained cosine,
  /// stretched over the labels; else of zeros.
  var head: LinearHead {
    LinearHead(
      weight: Matrix(
        rows: outputs, columns: inputs,
        values: [Float](repeating: startWeight, count: outputs * inputs)),
      bias: [Float](repeating: startBias, count: outputs), pooling: pooling, features: features,
      kind: kind)
  }

  /// The head for `task`, whose training rows are `rows`.
  ///
  /// - Throws: `TrainError.invalidSetting` or `TaskError.unsupported` for what does not fit.
  init(
    _ task: TaskDefinition, _ rows: [Example], _ settings: TrainingSettings, pooling: Pooling,
    hiddenSize: Int, hasDecoder: Bool
  ) throws {
    // Each word has the state of its own.
    self.pooling = task.labelForm == .tags ? .mean : pooling
    guard task.labelForm != .tags || settings.pooling == nil else {
      throw TrainError.invalidSetting(
        [.pooling],
        reason: "is of one vector a text; a tag reads its word's own state: leave it out")
    }
    // A text-to-text backbone reads both texts in its template.
    guard !hasDecoder || settings.pair != .apart else {
      throw TrainError.invalidSetting(
        [.pair], reason: "apart needs a backbone without a decoder; this one has one")
    }
    let isPair = task.segments.count > 1
    let reading = settings.pair ?? (task.isScale && isPair && !hasDecoder ? .apart : .joined)
    guard reading == .joined || isPair else {
      throw TrainError.invalidSetting(
        [.pair], reason: "needs a task of two texts; \(task.name) has one: leave it out")
    }
    var (startWeight, startBias) = (Float(0), Float(0))
    if task.isScale {
      let numbers = rows.map { $0.number(task) }
      guard let low = numbers.min(), let high = numbers.max(), low < high else {
        throw TaskError.unsupported(
          task: task.name,
          reason: "every training row has the number \(numbers.first ?? 0); nothing can be learnt")
      }
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      let variance =
        numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
      let scale = NumberScale(offset: Float(mean), scale: Float(variance.squareRoot()))
      kind = .number(scale)
      guard kind.fits(outputs: 1) else {
        throw TaskError.unsupported(
          task: task.name,
          reason: "the numbers from \(low) to \(high) are too far apart or too near for binary32; "
            + "give them in another unit")
      }
      outputs = 1
      features = reading == .apart ? .cosine : .text
      if reading == .apart {
        // low + (high - low) · cosine
        startWeight = Float(high - low) / scale.scale
        startBias = scale.output(low)
      }
    } else if task.labelForm == .tags {
      (kind, features, outputs) = (.tags, .words, task.labels.count)
    } else {
      kind =
        task.labelForm == .several
        ? .labels(
          thresholds: [Float](repeating: LabelThresholds.standard, count: task.labels.count))
        : .classes
      outputs = task.labels.count
      features = reading == .apart ? .pair : .text
    }
    inputs = features.count(hiddenSize: hiddenSize)
    self.startWeight = startWeight
    self.startBias = startBias
    guard kind != .classes else { return }
    guard settings.shots == nil else {
      throw TrainError.invalidSetting(
        [.shots], reason: "draws rows of each class; this task's rows have no class each")
    }
    guard settings.classWeights == nil else {
      throw TrainError.invalidSetting(
        [.classWeights], reason: "weigh rows by their class; this task's rows have no class each")
    }
    guard settings.calibration != .on else {
      throw TrainError.invalidSetting(
        [.calibration], reason: "is of a softmax over classes; this task's answers are none")
    }
  }
}

extension HeadPlan: CustomStringConvertible {
  /// Whether it is a head of classes on one text.
  public var isPlain: Bool { kind == .classes && features == .text }

  /// What the outputs stand for, and what they read of two texts: `a number, cosine of two texts`.
  public var description: String { LinearHead.description(kind, features) }
}

extension HeadKind {
  /// Whether its loss is the log-loss over classes, which logistic regression solves to the end.
  var isSolvable: Bool { self == .classes || self == .tags }
}
