import EPTModel
import EPTSystem
import EPTTask

/// What training starts from.
public struct StartingPrompt: Sendable {
  enum Source: Sendable {
    case vocabulary
    case text(String)
    case given(EPTPrompt, head: LinearHead?)
  }

  /// What the bundle's record says: `vocab`, `text:…`, `bundle` or `peft`; no path.
  let name: String
  let source: Source
  /// What the head of a given bundle reads; nil without one.
  var pooling: Pooling?

  /// `P` is drawn from the most frequent pieces.
  public static let vocabulary = StartingPrompt(name: "vocab", source: .vocabulary)

  /// `P` is the embeddings of the text's tokens, repeated.
  public static func text(_ text: String) -> StartingPrompt {
    StartingPrompt(name: "text:\(text)", source: .text(text))
  }

  /// Training goes on from another bundle; its head is taken over for the same labels.
  public static func bundle(_ bundle: TaskBundle, for task: TaskDefinition) -> StartingPrompt {
    var head: LinearHead?
    var pooling: Pooling?
    if case .head = bundle.readout { pooling = bundle.pooling }
    if case .head(let given) = bundle.readout,
      bundle.task.labels.map({ ByteName($0.word) }) == task.labels.map({ ByteName($0.word) })
    {
      head = given
    }
    return StartingPrompt(
      name: "bundle", source: .given(bundle.prompt, head: head), pooling: pooling)
  }

  /// Training starts from a prompt of PEFT or DePT.
  public static func adapter(_ adapter: PEFTAdapter) -> StartingPrompt {
    StartingPrompt(
      name: "peft:\(adapter.baseModel)", source: .given(adapter.prompt, head: nil))
  }

  /// Fills in the sizes that `settings` leaves open, so that the given prompt fits.
  ///
  /// What the given prompt computes stays: fusion is off where its low-rank pair was trained without.
  ///
  /// - Throws: `TrainError.invalidSetting` for parts that the method does not have.
  public func fill(_ settings: inout TrainingSettings) throws {
    guard case .given(let prompt, _) = source else { return }
    settings.pooling = settings.pooling ?? pooling
    let (shape, method) = (prompt.shape, settings.method)
    try Self.refuse(shape.promptLength > 0 && !method.hasPrompt, method, "prompt rows")
    try Self.refuse(shape.rank > 0 && !method.hasLowRankPair, method, "a low-rank pair")
    try Self.refuse(
      shape.subspaces > 0 && !method.hasSubspaces, method, "subspaces (a folded bundle has none)")
    try Self.refuse(
      shape.depth != nil && method != .ept, method, "projections after blocks")
    settings.promptLength = settings.promptLength ?? shape.promptLength
    if let depth = shape.depth {
      settings.depthSubspaces = settings.depthSubspaces ?? depth.subspaces
      settings.depthWidth = settings.depthWidth ?? depth.subspaceWidth
      settings.depth = settings.depth ?? .last(max(depth.encoderBlocks, depth.decoderBlocks))
    }
    if shape.rank > 0 {
      settings.rank = settings.rank ?? shape.rank
      settings.alpha = settings.alpha ?? prompt.alpha
      settings.usesFusion = settings.usesFusion ?? prompt.usesFusion
      if prompt.usesFusion { settings.fusionScale = settings.fusionScale ?? prompt.fusionScale }
    }
    if shape.subspaces > 0 {
      settings.subspaces = settings.subspaces ?? shape.subspaces
      settings.subspaceWidth = settings.subspaceWidth ?? shape.subspaceWidth
    }
  }

  private static func refuse(_ isLost: Bool, _ method: TuningMethod, _ part: String) throws {
    guard isLost else { return }
    throw TrainError.invalidSetting(
      [.start],
      reason: "gives a prompt with \(part), which method \(method.rawValue) would lose")
  }
}

extension EPTPrompt {
  /// The prompt with the parts of `given` in place of its own; parts that `given` lacks stay.
  ///
  /// Rows of `A` beyond those of `given` become 0: nothing was learnt for them.
  ///
  /// - Throws: `TrainError.invalidSetting` for sizes that differ.
  func replacingParts(by given: EPTPrompt) throws -> EPTPrompt {
    func require(_ setting: TrainingSetting, _ mine: Int, _ theirs: Int) throws {
      guard mine == theirs else {
        throw TrainError.invalidSetting(
          [setting], reason: "is \(mine), but the prompt to start from has \(theirs); leave it out")
      }
    }
    guard given.shape.hiddenSize == shape.hiddenSize else {
      throw TrainError.invalidSetting(
        [.start],
        reason:
          "gives a prompt of width \(given.shape.hiddenSize), but the backbone's word embeddings have"
          + " \(shape.hiddenSize); it was made for another backbone")
    }
    var prompt = self
    try require(.promptLength, shape.promptLength, given.shape.promptLength)
    prompt[.shortPrompt] = given[.shortPrompt]
    if given.shape.rank > 0 {
      try require(.rank, shape.rank, given.shape.rank)
      let (count, kept) = (prompt[.lowRankA].values.count, given[.lowRankA].values)
      prompt[.lowRankA].values =
        kept.prefix(count) + [Float](repeating: 0, count: max(0, count - kept.count))
      prompt[.lowRankB] = given[.lowRankB]
    }
    if let depth = given.shape.depth {
      guard depth == shape.depth else {
        throw TrainError.invalidSetting(
          [.depth, .depthSubspaces, .depthWidth],
          reason: "ask for other projections than the prompt to start from has; leave them out")
      }
      for part in [PromptPart.depthDown, .depthUp, .depthGate] { prompt[part] = given[part] }
    }
    if given.shape.subspaces > 0 {
      try require(.subspaces, shape.subspaces, given.shape.subspaces)
      try require(.subspaceWidth, shape.subspaceWidth, given.shape.subspaceWidth)
      for part in [PromptPart.subspaceDown, .subspaceUp, .gate] { prompt[part] = given[part] }
    }
    return prompt
  }
}
