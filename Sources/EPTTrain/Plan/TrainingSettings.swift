import EPTCompute
import EPTModel

/// What a user may set about training; nil means that a rule chooses.
public struct TrainingSettings: Sendable, Equatable {
  /// What is trained; fills in the sizes that are nil.
  public var method = TuningMethod.ept
  /// Steps to make; nil trains until validation has stopped improving.
  public var steps: Int?
  /// What the prompt started from, for the record; `Trainer` sets it.
  var start = "vocab"
  /// Texts whose gradient is computed at once.
  public var batch = 32
  /// Batches whose mean gradient makes one step.
  public var accumulation = 1
  /// How the rates fall after the warm-up.
  public var schedule = ScheduleShape.linear
  /// Steps of rising learning rate; nil: a tenth of `steps`, at most 500, or 100 without `steps`.
  public var warmUp: Int?
  /// Steps between evaluations; nil: 100, or a quarter of `steps` if that is less.
  public var evaluationInterval: Int?
  /// Evaluations without improvement that end the run; nil: 5 without `steps`, none with.
  public var patience: Int?
  /// Where a run without `steps` ends at the latest.
  public var longestRun = 30_000
  /// What all random choices follow from.
  public var seed: UInt64 = 42
  /// How the backbone computes its products, for the record; nil: as its file is encoded.
  public var precision: Precision?
  /// Training rows a class, drawn by `seed`; nil: all.
  public var shots: Int?

  /// How an encoder reads the two texts of a pair; nil: apart where the answer is a number, else
  /// joined.
  public var pair: PairReading?

  /// One factor of the loss of each class's rows; nil for 1.
  public var classWeights: ClassWeights?
  /// Whether a temperature is fitted on the validation rows.
  public var calibration = Calibration.auto

  /// What an encoder's head reads; nil: as the backbone's checkpoint pools, else the mean.
  public var pooling: Pooling?
  /// `s`, rows of the short prompt; nil: the method's, and none for EPT in depth alone.
  public var promptLength: Int?
  /// `n`, the longest input in tokens; nil: the task's, as far as the backbone has positions.
  public var inputLength: Int?
  /// `r`; nil: the largest rank within the budget, for methods with a low-rank pair.
  public var rank: Int?
  /// `K`, the number of subspaces; 0 leaves them and the gate out; nil: the method's.
  public var subspaces: Int?
  /// `k`, the width of a subspace; nil: 1 before a head, 4 before label words.
  public var subspaceWidth: Int?
  /// `l`: the budget is as many numbers as a plain prompt of this length has.
  public var nominalLength = 100
  /// `α` of the low-rank scale `α/√r`; nil: 8.
  public var alpha: Float?
  /// Whether the short prompt attends to the low-rank rows; nil: as the method has it.
  public var usesFusion: Bool?
  /// `τ`, the factor of fusion's scores; nil: 1 / RMS of the embeddings, at least 1.
  public var fusionScale: Float?

  /// Which blocks are followed by a projection; nil: all for EPT before a head, unless something that
  /// concerns a prompt is set; else none.
  public var depth: DepthChoice?
  /// `K` of those projections; with 1 there is no gate; nil: 4.
  public var depthSubspaces: Int?
  /// `k` of those projections; nil: 1.
  public var depthWidth: Int?

  /// The learning rate of the short prompt; nil: by the size of the backbone's embeddings.
  public var promptRate: Float?
  /// The learning rate of the low-rank pair; nil likewise.
  public var lowRankRate: Float?
  /// The learning rate of subspaces and gate; nil likewise.
  public var subspaceRate: Float?
  /// The learning rate of the projections after blocks; nil: 2e-3, or 5e-3 before label words.
  public var depthRate: Float?
  /// The learning rate of an encoder's head; nil likewise.
  public var headRate: Float?
  /// AdamW's weight decay.
  public var weightDecay: Float = 0
  /// The largest norm of the whole gradient.
  public var gradientClip: Float = 1

  /// The defaults.
  public init() {}

  /// Checks each value on its own.
  ///
  /// - Throws: `TrainError.invalidSetting`, naming the setting.
  public func validate() throws {
    func require(_ condition: Bool, _ setting: TrainingSetting, _ reason: String) throws {
      guard condition else { throw TrainError.invalidSetting([setting], reason: reason) }
    }
    // The limits on sizes keep their products far from overflow.
    let counts: [(TrainingSetting, Int?, ClosedRange<Int>)] = [
      (.steps, steps, 1...1 << 24), (.batch, batch, 1...1 << 16),
      (.accumulation, accumulation, 1...1 << 12), (.shots, shots, 1...1 << 24),
      (.warmUp, warmUp, 0...1 << 24), (.evaluationInterval, evaluationInterval, 1...1 << 24),
      (.patience, patience, 1...1 << 24), (.longestRun, longestRun, 1...1 << 24),
      (.promptLength, promptLength, 0...1 << 16), (.inputLength, inputLength, 1...1 << 16),
      (.rank, rank, 0...1 << 16), (.subspaces, subspaces, 0...1 << 12),
      (.subspaceWidth, subspaceWidth, 1...1 << 12),
      (.nominalLength, nominalLength, 1...1 << 16),
      (.depthSubspaces, depthSubspaces, 1...1 << 8), (.depthWidth, depthWidth, 1...1 << 8),
    ]
    for (name, value, range) in counts {
      try require(
        value.map { range.contains($0) } ?? true, name,
        "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    let rates: [(TrainingSetting, Float?)] = [
      (.promptRate, promptRate), (.lowRankRate, lowRankRate),
      (.subspaceRate, subspaceRate), (.depthRate, depthRate), (.headRate, headRate),
      (.weightDecay, weightDecay),
    ]
    for (name, rate) in rates {
      try require(
        rate.map { $0.isFinite && $0 >= 0 } ?? true, name, "must be a number of 0 or more")
    }
    try require(alpha?.isFinite ?? true, .alpha, "must be a number")
    try require(
      fusionScale.map { $0.isFinite && $0 > 0 } ?? true, .fusionScale,
      "must be a number of more than 0")
    try require(
      gradientClip > 0 && gradientClip.isFinite, .gradientClip, "must be a number of more than 0")
    if let steps, let warmUp {
      try require(warmUp <= steps, .warmUp, "must not exceed the steps")
    }
    try validateMethod()
  }
}
