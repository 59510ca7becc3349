/// How a decoder writes.
public struct GenerationSettings: Sendable, Equatable {
  /// Most tokens of a result, its end token included.
  public var maximumTokens: Int
  /// Hypotheses that are followed at the same time; 1 takes the most probable token at each step.
  public var beams: Int
  /// The exponent `p` of the length that a result's log-probability is divided by to compare it
  /// with others: `Σ log p(token) / lengthᵖ`.
  public var lengthPenalty: Float

  public init(maximumTokens: Int = 64, beams: Int = 1, lengthPenalty: Float = 1) {
    self.maximumTokens = maximumTokens
    self.beams = beams
    self.lengthPenalty = lengthPenalty
  }
}

/// What a decoder wrote.
public struct Generation: Sendable, Equatable {
  /// Token ids, the end token included if it was reached.
  public let tokens: [Int32]
  /// The sum of the tokens' log-probabilities over their number to the power of the length
  /// penalty.
  public let score: Float

  public init(tokens: [Int32], score: Float) {
    self.tokens = tokens
    self.score = score
  }
}
