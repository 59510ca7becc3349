import EPTFormat
import EPTModel
import EPTTask

/// What a run will do, every free choice made.
public struct TrainingPlan: Sendable, Equatable {
  public let settings: TrainingSettings
  public let shape: PromptShape
  public let rates: LearningRates
  /// Root mean square of the embeddings of the backbone's most frequent pieces.
  public let embeddingRMS: Float
  public let warmUp: Int
  public let evaluationInterval: Int
  /// How many numbers are trained, head included.
  public let parameterCount: Int
  /// `l·d`, the numbers that a plain prompt of the nominal length has.
  public let budget: Int

  /// Makes the choices that `settings` leaves open.
  ///
  /// - Parameters:
  ///   - settings: the user's, valid each on its own.
  ///   - task: gives the longest input and the classes.
  ///   - width: `d`.
  ///   - positions: how many the backbone has, prompt included; nil without limit.
  ///   - embeddingRMS: of the backbone's most frequent pieces.
  ///   - hasHead: whether a linear head is trained.
  /// - Throws: `TrainError.invalidSetting`.
  init(
    _ settings: TrainingSettings, task: TaskDefinition, width: Int, positions: Int?,
    embeddingRMS: Float, hasHead: Bool
  ) throws {
    try settings.validate()
    // An encoder's own special tokens need two or three places.
    let room = (positions ?? .max) - settings.promptLength
    guard room >= 8 else {
      throw TrainError.invalidSetting(
        name: "--prompt-length",
        reason: "leaves \(max(0, room)) of the backbone's \(positions ?? 0) positions for text;"
          + " lower it")
    }
    if let inputLength = settings.inputLength, inputLength > room {
      throw TrainError.invalidSetting(
        name: "--input-length",
        reason: "must be \(room) or less: the backbone has \(positions ?? 0) positions and the"
          + " prompt takes \(settings.promptLength)")
    }
    budget = settings.nominalLength * width
    var shape = PromptShape(
      promptLength: settings.promptLength,
      inputLength: settings.inputLength ?? min(task.inputLength, room), width: width, rank: 0,
      subspaces: settings.subspaces, subspaceWidth: settings.subspaceWidth)
    shape.rank = settings.rank ?? shape.largestRank(within: budget)
    self.settings = settings
    self.shape = shape
    self.embeddingRMS = embeddingRMS
    var rates = LearningRates(embeddingRMS: embeddingRMS)
    rates.prompt = settings.promptRate ?? rates.prompt
    rates.lowRank = settings.lowRankRate ?? rates.lowRank
    rates.subspaces = settings.subspaceRate ?? rates.subspaces
    rates.head = settings.headRate ?? rates.head
    self.rates = rates
    warmUp = settings.warmUp ?? settings.steps.map { min(500, $0 / 10) } ?? 100
    evaluationInterval =
      settings.evaluationInterval ?? min(100, max(1, (settings.steps ?? .max) / 4))
    parameterCount = shape.parameterCount + (hasHead ? task.labels.count * (width + 1) : 0)
  }

  /// Every setting in effect, for the bundle.
  var json: JSON {
    [
      "steps": settings.steps.map { .integer($0) } ?? .null,
      "batch": .integer(settings.batch),
      "seed": .integer(Int(clamping: settings.seed)),
      "warm_up": .integer(warmUp),
      "evaluation_interval": .integer(evaluationInterval),
      "patience": .integer(settings.patience),
      "longest_run": .integer(settings.longestRun),
      "prompt_rate": Self.number(rates.prompt),
      "low_rank_rate": Self.number(rates.lowRank),
      "subspace_rate": Self.number(rates.subspaces),
      "head_rate": Self.number(rates.head),
      "weight_decay": Self.number(settings.weightDecay),
      "gradient_clip": Self.number(settings.gradientClip),
      "embedding_rms": Self.number(embeddingRMS),
      "parameters": .integer(parameterCount),
    ]
  }

  /// A number with as few digits as tell it from its binary32 neighbours.
  private static func number(_ value: Float) -> JSON {
    .number(Double(value.description) ?? Double(value))
  }
}

extension TrainingPlan: CustomStringConvertible {
  /// Sizes, numbers trained, learning rates and course, for people; four lines.
  public var description: String {
    let share = "\(shape.parameterCount) of \(budget) numbers"
    let head = parameterCount - shape.parameterCount
    let pair = shape.rank > 0 ? "rank \(shape.rank) over \(shape.inputLength) tokens" : "no pair"
    let spaces =
      shape.subspaces > 0
      ? "\(shape.subspaces) subspaces of width \(shape.subspaceWidth)" : "no subspaces"
    let fusion = settings.usesFusion && shape.rank > 0 ? "fusion" : "no fusion"
    let end =
      settings.steps.map { "\($0) steps" }
      ?? "until \(settings.patience) evaluations bring no gain, at most \(settings.longestRun) steps"
    return """
      prompt: length \(shape.promptLength), \(pair), \(fusion), \(spaces), width \(shape.width)
      trained: \(share)\(head > 0 ? ", and \(head) of the head" : "")
      learning rates: prompt \(rates.prompt), low-rank pair \(rates.lowRank), subspaces \
      \(rates.subspaces)\(head > 0 ? ", head \(rates.head)" : "") (embeddings' RMS \(embeddingRMS))
      course: \(end), batch \(settings.batch), warm-up \(warmUp), evaluation every \
      \(evaluationInterval), seed \(settings.seed)
      """
  }
}
