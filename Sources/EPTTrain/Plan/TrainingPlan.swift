import EPTFormat
import EPTModel
import EPTTask

/// What a run will do, every free choice made.
public struct TrainingPlan: Sendable, Equatable {
  /// The settings, filled in.
  public let settings: TrainingSettings
  /// The prompt's sizes.
  public let shape: PromptShape
  /// `α` of the low-rank scale.
  public let alpha: Float
  /// Whether the short prompt attends to the low-rank rows.
  public let usesFusion: Bool
  /// `τ`, the factor of the scores of that attention.
  public let fusionScale: Float
  /// What an encoder's head reads; nil without a head.
  public let pooling: Pooling?
  /// The head that is trained; nil without one.
  public let head: HeadPlan?
  /// Whether the head is solved, for one strength after another, and not trained by steps.
  public let isSolved: Bool
  /// The learning rate of each group.
  public let rates: LearningRates
  /// Root mean square of the embeddings of the backbone's most frequent pieces.
  public let embeddingRMS: Float
  /// Steps of rising learning rate.
  public let warmUp: Int
  /// Steps between evaluations.
  public let evaluationInterval: Int
  /// What the best evaluation is chosen by.
  public let choice: Evaluation.Choice
  /// Evaluations without improvement that end the run; nil if none do.
  public let patience: Int?
  /// How many numbers are trained, head included.
  public let parameterCount: Int
  /// `l·d`, the numbers that a plain prompt of the nominal length has.
  public let budget: Int

  /// More numbers than any prompt needs, and few enough to hold several times in memory.
  private static let largestPrompt = 1 << 26

  /// Makes the choices that `settings` leaves open.
  ///
  /// - Parameters:
  ///   - settings: the user's, valid each on its own.
  ///   - task: gives the longest input and the classes.
  ///   - hiddenSize: `d`.
  ///   - positions: how many the backbone has, prompt included; nil without limit.
  ///   - embeddingRMS: of the backbone's most frequent pieces.
  ///   - hasHead: whether a linear head is trained.
  ///   - blocks: how many the backbone's encoder and decoder have.
  ///   - backbonePooling: how the backbone's checkpoint pools; nil where it does not say.
  ///   - rows: the training rows, from which a head for numbers takes their scale.
  ///   - validationRows: how many rows choose the best step.
  /// - Throws: `TrainError.invalidSetting`.
  init(
    _ settings: TrainingSettings, task: TaskDefinition, hiddenSize: Int, positions: Int?,
    embeddingRMS: Float, hasHead: Bool, blocks: (encoder: Int, decoder: Int),
    backbonePooling: Pooling? = nil, rows: [Example] = [], validationRows: Int = .max
  ) throws {
    try settings.validate()
    guard hasHead || settings.pooling == nil else {
      throw TrainError.invalidSetting(
        [.pooling],
        reason: "is of a linear head; this backbone has a decoder instead")
    }
    guard hasHead || settings.pair != .apart else {
      throw TrainError.invalidSetting(
        [.pair], reason: "apart needs an encoder's head; this backbone has a decoder instead")
    }
    guard hasHead || (task.labelForm == .one && !task.labels.isEmpty) else {
      throw TaskError.unsupported(
        task: task.name,
        reason: task.isScale
          ? "numbers without a list of label words need an encoder's head; this backbone has a "
            + "decoder instead"
          : (task.labelForm == .tags ? "tags of words" : "several labels a text")
            + " need an encoder's head; this backbone has a decoder instead")
    }
    let given = hasHead ? settings.pooling ?? backbonePooling ?? .mean : nil
    head = try given.map {
      try HeadPlan(
        task, rows, settings, pooling: $0, hiddenSize: hiddenSize, hasDecoder: blocks.decoder > 0)
    }
    pooling = head?.pooling
    isSolved =
      settings.method == .head && settings.steps == nil && (head?.kind.isSolvable ?? false)
    if isSolved { try settings.refuseSteps() }
    let settings = settings.choosingParts(hasHead: hasHead)
    try settings.validateDepth()
    let promptLength = settings.effectivePromptLength
    // An encoder's own special tokens need two or three places.
    let room = (positions ?? .max) - promptLength
    guard room >= 8 else {
      throw TrainError.invalidSetting(
        [.promptLength],
        reason: "leaves \(max(0, room)) of the backbone's \(positions ?? 0) positions for text;"
          + " lower it")
    }
    if let inputLength = settings.inputLength, inputLength > room {
      throw TrainError.invalidSetting(
        [.inputLength],
        reason: "must be \(room) or less: the backbone has \(positions ?? 0) positions and the"
          + " prompt takes \(promptLength)")
    }
    budget = settings.nominalLength * hiddenSize
    var shape = settings.sizes(
      promptLength: promptLength, hiddenSize: hiddenSize,
      inputLength: settings.inputLength ?? min(task.inputLength, room), hasHead: hasHead)
    // Projections alone have no rows to pass: neither a prompt nor a low-rank pair.
    let hasPair = settings.method.hasLowRankPair && !settings.isDepthAlone
    shape.rank = settings.rank ?? (hasPair ? shape.largestRank(within: budget) : 0)
    shape.depth = settings.depthShape(encoder: blocks.encoder, decoder: blocks.decoder)
    guard
      shape.promptLength > 0 || shape.rank > 0 || shape.depth != nil || settings.method == .head
    else {
      throw TrainError.invalidSetting(
        [.promptLength],
        reason: "must be 1 or more without a low-rank pair: no prompt would be left to train")
    }
    guard shape.parameterCount + shape.depthParameterCount <= Self.largestPrompt else {
      throw TrainError.invalidSetting(
        [.promptLength, .rank, .subspaces, .subspaceWidth],
        reason: "ask for \(shape.parameterCount) numbers together; at most \(Self.largestPrompt)"
          + " make sense")
    }
    self.settings = settings
    self.shape = shape
    alpha = settings.alpha ?? 8
    usesFusion = settings.usesFusion ?? (settings.method.hasSubspaces && !settings.isDepthAlone)
    fusionScale = settings.effectiveFusionScale(usesFusion, embeddingRMS: embeddingRMS)
    self.embeddingRMS = embeddingRMS
    var rates = LearningRates(embeddingRMS: embeddingRMS)
    rates.prompt = settings.promptRate ?? rates.prompt
    rates.lowRank = settings.lowRankRate ?? rates.lowRank
    rates.subspaces = settings.subspaceRate ?? rates.subspaces
    rates.depth = settings.depthRate ?? (hasHead ? rates.depth : 5e-3)
    rates.head = settings.headRate ?? rates.head
    self.rates = rates
    choice = isSolved ? .loss : Evaluation.Choice(rows: validationRows)
    let ofSteps = settings.warmUp ?? settings.steps.map { min(500, $0 / 10) } ?? 100
    warmUp = isSolved ? 0 : ofSteps
    evaluationInterval =
      isSolved
      ? 1 : settings.evaluationInterval ?? min(100, max(1, (settings.steps ?? .max) / 4))
    patience = isSolved ? nil : settings.patience ?? (settings.steps == nil ? 5 : nil)
    parameterCount =
      shape.parameterCount + shape.depthParameterCount + (head?.parameterCount ?? 0)
  }

  /// How many steps there are, or strengths of a solved head; nil until validation has stopped
  /// improving.
  public var steps: Int? { isSolved ? LogisticRegression.strengths.count : settings.steps }

  /// The inverse strength of a solved head's penalty at `step`, counted from 1; nil for other runs.
  func strength(_ step: Int) -> Double? {
    guard isSolved, LogisticRegression.strengths.indices.contains(step - 1) else { return nil }
    return LogisticRegression.strengths[step - 1]
  }

  /// Every setting in effect, for the bundle.
  public var json: JSON {
    .object((settingsJSON.object ?? []) + depthJSON + pairJSON + weightsJSON)
  }

  /// The same, with the strength of a solved head's step.
  func json(solved step: Int) -> JSON {
    guard let strength = strength(step) else { return json }
    let rounded = TrainingHistory.sixDigits(strength)
    return .object((json.object ?? []) + [JSONMember("strength", .number(rounded))])
  }

  /// How two texts are read, where not joined; nothing for those, as in older bundles.
  private var pairJSON: [JSONMember] {
    guard let head, head.readsApart else { return [] }
    return [JSONMember("pair", .string(PairReading.apart.rawValue))]
  }

  /// What concerns class weights; nothing without them.
  private var weightsJSON: [JSONMember] {
    switch settings.classWeights {
    case nil: []
    case .balanced?: [JSONMember("class_weights", "balanced")]
    case .given(let weights)?:
      [JSONMember("class_weights", .array(weights.map { Self.number($0) }))]
    }
  }

  /// What concerns the projections after blocks; nothing without them, as in older bundles.
  private var depthJSON: [JSONMember] {
    guard let depth = shape.depth else { return [] }
    return [
      JSONMember("depth", .string("\(settings.effectiveDepth)")),
      JSONMember("depth_rate", Self.number(rates.depth)),
      JSONMember("depth_parameters", .integer(depth.parameterCount(hiddenSize: shape.hiddenSize))),
    ]
  }

  private var settingsJSON: JSON {
    [
      "method": .string(settings.method.rawValue),
      "init": .string(settings.start),
      "steps": Self.number(settings.steps),
      "batch": .integer(settings.batch),
      "accumulation": .integer(settings.accumulation),
      "schedule": .string(settings.schedule.rawValue),
      "pooling": pooling.map { .string($0.rawValue) } ?? .null,
      "precision": .string(settings.precision?.rawValue ?? "as_stored"),
      "shots": Self.number(settings.shots),
      "seed": .integer(Int(clamping: settings.seed)),
      "warm_up": .integer(warmUp),
      "evaluation_interval": .integer(evaluationInterval),
      "patience": Self.number(patience),
      "choice": .string(choice.rawValue),
      "calibration": .string(settings.calibration.rawValue),
      "longest_run": .integer(settings.longestRun),
      "prompt_rate": Self.number(rates.prompt),
      "low_rank_rate": Self.number(rates.lowRank),
      "subspace_rate": Self.number(rates.subspaces),
      "head_rate": Self.number(rates.head),
      "weight_decay": Self.number(settings.weightDecay),
      "gradient_clip": Self.number(settings.gradientClip),
      "embedding_rms": Self.number(embeddingRMS),
      "parameters": .integer(parameterCount),
      "budget": .integer(budget),
    ]
  }

  private static func number(_ value: Int?) -> JSON {
    value.map { .integer($0) } ?? .null
  }

  /// A number with as few digits as tell it from its binary32 neighbours.
  private static func number(_ value: Float) -> JSON {
    .number(Double(value.description) ?? Double(value))
  }
}
