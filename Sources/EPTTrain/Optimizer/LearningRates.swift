/// The learning rate of each parameter group.
public struct LearningRates: Sendable, Equatable {
  /// Of the short prompt.
  public var prompt: Float
  /// Of the low-rank pair.
  public var lowRank: Float
  /// Of subspaces and gate.
  public var subspaces: Float
  /// Of projections after blocks.
  public var depth: Float
  /// Of the head.
  public var head: Float

  /// Explicit rates.
  public init(prompt: Float, lowRank: Float, subspaces: Float, depth: Float, head: Float) {
    self.prompt = prompt
    self.lowRank = lowRank
    self.subspaces = subspaces
    self.depth = depth
    self.head = head
  }

  /// Rates for word embeddings whose numbers have the root mean square `embeddingRMS`.
  ///
  /// Adam moves every number by about its rate a step, whatever the gradient's size. So the
  /// prompt's rate is a share of the embeddings' size. The low-rank pair starts at 0 and works
  /// on every token: its rate grows more slowly, and not beyond the 5e-3 that DePT's grid ends
  /// at. Subspaces and gate scale what they are given, which needs no unit. Measured on
  /// backbones of 0.05 and 1.02; at T5-base's size the prompt's 0.3 of DePT comes out.
  public init(embeddingRMS: Float) {
    prompt = 0.045 * embeddingRMS
    lowRank = min(5e-3, 5e-3 * embeddingRMS.squareRoot())
    subspaces = min(5e-3, max(2e-3, 5e-3 * embeddingRMS.squareRoot()))
    depth = 2e-3
    head = 1e-2
  }

  /// All rates times `factor`.
  func scaled(by factor: Float) -> LearningRates {
    LearningRates(
      prompt: prompt * factor, lowRank: lowRank * factor, subspaces: subspaces * factor,
      depth: depth * factor, head: head * factor)
  }

  /// The rate of one group.
  public subscript(group: ParameterGroup) -> Float {
    switch group {
    case .prompt: prompt
    case .lowRank: lowRank
    case .subspaces: subspaces
    case .depth: depth
    case .head: head
    }
  }
}
