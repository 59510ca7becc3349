import EPTModel

/// What is trained: all parts of the method, or some of them.
public enum TuningMethod: String, Sendable, CaseIterable {
  /// Short prompt, low-rank pair, fusion, subspaces and gate (Lan et al., AAAI 2025).
  case ept
  /// Short prompt and low-rank pair (Shi and Lipani, ICLR 2024).
  case dept
  /// A prompt of the nominal length alone (Lester et al., EMNLP 2021).
  case pt
  /// No prompt, only a linear head on the encoder's states: the linear probe. It is solved, unless
  /// steps are asked for.
  case head

  /// Whether there may be rows in front of the text.
  var hasPrompt: Bool { self != .head }

  /// Whether there may be a low-rank pair.
  var hasLowRankPair: Bool { self == .ept || self == .dept }

  /// Whether there may be fusion, subspaces and gate.
  var hasSubspaces: Bool { self == .ept }
}

extension TrainingSettings {
  /// Refuses sizes of parts that the method does not have.
  ///
  /// - Throws: `TrainError.invalidSetting`.
  func validateMethod() throws {
    func refuse(_ isGiven: Bool, unless isPart: Bool, _ setting: TrainingSetting, _ part: String)
      throws
    {
      guard isGiven, !isPart else { return }
      throw TrainError.invalidSetting(
        [setting], reason: "does not go with method \(method.rawValue), which has no \(part)")
    }
    try refuse((promptLength ?? 0) > 0, unless: method.hasPrompt, .promptLength, "prompt")
    try refuse((rank ?? 0) > 0, unless: method.hasLowRankPair, .rank, "low-rank pair")
    try refuse((subspaces ?? 0) > 0, unless: method.hasSubspaces, .subspaces, "subspaces")
    try refuse(usesFusion == true, unless: method.hasSubspaces, .fusion, "fusion")
    try refuse(fusionScale != nil, unless: method.hasSubspaces, .fusionScale, "fusion")
    let asksForDepth = depth.map { $0 != .none } ?? false
    try refuse(asksForDepth, unless: method.hasSubspaces, .depth, "projections after blocks")
  }

  /// Refuses sizes of projections after blocks where there are none.
  ///
  /// - Throws: `TrainError.invalidSetting`.
  func validateDepth() throws {
    for (isGiven, setting) in [
      (depthSubspaces != nil, TrainingSetting.depthSubspaces), (depthWidth != nil, .depthWidth),
      (depthRate != nil, .depthRate),
    ] where isGiven && effectiveDepth == .none {
      throw TrainError.invalidSetting(
        [setting], reason: "needs projections after blocks, which are not asked for")
    }
  }

  /// The settings with EPT's parts chosen.
  ///
  /// Before a head these are projections after every block, without a prompt, unless a setting
  /// concerns the prompt (measured, docs/defaults.md).
  ///
  /// A cosine then starts as the untrained one, since nothing in front of the text disturbs it.
  func choosingParts(hasHead: Bool) -> TrainingSettings {
    let concernsPrompt =
      [promptLength, rank, subspaces, subspaceWidth].contains { $0 != nil }
      || [alpha, fusionScale, promptRate, lowRankRate, subspaceRate].contains { $0 != nil }
      || usesFusion != nil || nominalLength != TrainingSettings().nominalLength
      || start != TrainingSettings().start
    guard method == .ept, hasHead, depth == nil, !concernsPrompt else { return self }
    var settings = self
    (settings.promptLength, settings.depth) = (0, .all)
    return settings
  }

  /// Stops at what concerns the steps of a head that is solved without any.
  ///
  /// - Throws: `TrainError.invalidSetting`.
  func refuseSteps() throws {
    for (isGiven, setting) in [
      (warmUp != nil, TrainingSetting.warmUp), (evaluationInterval != nil, .evaluationInterval),
      (patience != nil, .patience), (headRate != nil, .headRate),
    ] where isGiven {
      throw TrainError.invalidSetting(
        [setting], reason: "is of a head that is trained by steps; this one is solved, without any")
    }
  }

  /// The sizes, for a backbone of width `hiddenSize`; the rank still open.
  ///
  /// Subspaces of width 1 leave the low-rank pair twice the rank that those of width 4 do. Before
  /// a head that learns as much or more, before label words less (measured, docs/defaults.md).
  func sizes(
    promptLength: Int, hiddenSize: Int, inputLength: Int, hasHead: Bool
  ) -> PromptShape {
    PromptShape(
      promptLength: promptLength, inputLength: inputLength, hiddenSize: hiddenSize, rank: 0,
      subspaces: subspaces ?? (method.hasSubspaces && !isDepthAlone ? 4 : 0),
      subspaceWidth: subspaceWidth ?? (hasHead ? 1 : 4))
  }

  /// `τ`, as given, or such that fusion tells low-rank rows apart on embeddings of any size.
  ///
  /// MiniLM's numbers are of 0.06: scores of 1/√d would leave its softmax even (measured,
  /// docs/defaults.md).
  func effectiveFusionScale(_ usesFusion: Bool, embeddingRMS: Float) -> Float {
    guard usesFusion else { return 1 }
    return fusionScale ?? (embeddingRMS > 0 ? max(1, 1 / embeddingRMS) : 1)
  }

  /// Which blocks are followed by a projection, as given or by the method.
  var effectiveDepth: DepthChoice { depth ?? .none }

  /// The sizes of the projections, for a backbone with so many blocks; nil for none.
  func depthShape(encoder: Int, decoder: Int) -> DepthShape? {
    let depth = effectiveDepth
    guard depth != .none else { return nil }
    return DepthShape(
      encoderBlocks: depth.count(of: encoder), decoderBlocks: depth.count(of: decoder),
      subspaces: depthSubspaces ?? 4, subspaceWidth: depthWidth ?? 1)
  }

  /// Whether nothing but projections after blocks is trained beside the read-out.
  var isDepthAlone: Bool { effectiveDepth != .none && effectivePromptLength == 0 }

  /// `s`, as given or by the method.
  var effectivePromptLength: Int {
    switch method {
    // Measured, docs/defaults.md: more rows disturb a backbone on small sets, bring little on large
    // ones, and cost time.
    case .ept: promptLength ?? 10
    case .dept: promptLength ?? 40
    case .pt: promptLength ?? nominalLength
    case .head: 0
    }
  }
}
