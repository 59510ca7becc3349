import EPTCompute

/// An EPT prompt, unfolded: what training changes and a bundle stores.
///
/// A gradient with respect to a prompt has the same type.
public struct EPTPrompt: Sendable, Equatable {
  /// The sizes of its parts.
  public let shape: PromptShape
  /// `α` of the low-rank scale `c = α/√r`.
  public var alpha: Float
  /// Whether the short prompt attends to the low-rank rows.
  public var usesFusion: Bool
  /// `τ`, the factor of that attention's scores.
  public var fusionScale: Float
  private var parts: [Matrix]

  /// A prompt of zeros.
  public init(
    shape: PromptShape, alpha: Float = 8, usesFusion: Bool = true, fusionScale: Float = 1
  ) {
    self.shape = shape
    self.alpha = alpha
    self.usesFusion = usesFusion
    self.fusionScale = fusionScale
    parts = PromptPart.allCases.map { part in
      let size = part.size(in: shape)
      return Matrix(rows: size.rows, columns: size.columns)
    }
  }

  /// One trained tensor.
  ///
  /// A new value must have the same size.
  public subscript(part: PromptPart) -> Matrix {
    get { parts[part.order] }
    _modify { yield &parts[part.order] }
  }

  /// `c = α/√r`, 0 without a low-rank pair.
  public var lowRankScale: Float {
    shape.rank == 0 ? 0 : alpha / Float(shape.rank).squareRoot()
  }
}

extension PromptPart {
  /// The part's place in `allCases`.
  fileprivate var order: Int {
    switch self {
    case .shortPrompt: 0
    case .lowRankA: 1
    case .lowRankB: 2
    case .subspaceDown: 3
    case .subspaceUp: 4
    case .gate: 5
    case .depthDown: 6
    case .depthUp: 7
    case .depthGate: 8
    }
  }
}

/// All that inference needs of a prompt: fusion, projection and gate are applied already.
public struct FoldedPrompt: Sendable, Equatable {
  /// `P̂`, `[s, d]`.
  public var prompt: Matrix
  /// `A`, `[n, r]`; no columns if there is no low-rank pair.
  public var lowRankA: Matrix
  /// `B`, `[r, d]`.
  public var lowRankB: Matrix
  /// `c`, the scale of `A·B`.
  public var lowRankScale: Float
  /// The projections that follow blocks; they depend on the text, so nothing works them in.
  public var depth: DepthProjections?

  public init(
    prompt: Matrix, lowRankA: Matrix, lowRankB: Matrix, lowRankScale: Float,
    depth: DepthProjections? = nil
  ) {
    self.prompt = prompt
    self.lowRankA = lowRankA
    self.lowRankB = lowRankB
    self.lowRankScale = lowRankScale
    self.depth = depth
  }
}
