/// How a decoder writes.
public struct GenerationSettings: Sendable, Equatable {
  /// Most tokens of a result, its end token included.
  public var maximumTokens: Int
  /// Hypotheses that are followed at the same time; 1 takes the most probable token at each step.
  public var beams: Int
  /// The exponent `p` of the length that a result's log-probability is divided by to compare it
  /// with others: `Σ log p(token) / lengthᵖ`.
  public var lengthPenalty: Float

  /// Says how long a text may be and how it is searched for.
  public init(maximumTokens: Int = 64, beams: Int = 1, lengthPenalty: Float = 1) {
    self.maximumTokens = maximumTokens
    self.beams = beams
    self.lengthPenalty = lengthPenalty
  }
}

/// What is asked and told while texts are written.
public struct GenerationHooks {
  /// Whether a text ends with these tokens, beside ending with the decoder's end token.
  public var isEnd: (_ tokens: [Int32]) -> Bool
  /// Told the likeliest tokens so far of text `text` of the batch, after each step.
  public var progress: (_ text: Int, _ tokens: [Int32]) -> Void

  /// What to ask and to tell while texts are written.
  public init(
    isEnd: @escaping ([Int32]) -> Bool = { _ in false },
    progress: @escaping (Int, [Int32]) -> Void = { _, _ in }
  ) {
    self.isEnd = isEnd
    self.progress = progress
  }
}

/// What a decoder wrote.
public struct Generation: Sendable, Equatable {
  /// Token ids, the end token included if it was reached.
  public let tokens: [Int32]
  /// The sum of the tokens' log-probabilities over their number to the power of the length
  /// penalty.
  public let score: Float

  /// A written text.
  public init(tokens: [Int32], score: Float) {
    self.tokens = tokens
    self.score = score
  }
}
