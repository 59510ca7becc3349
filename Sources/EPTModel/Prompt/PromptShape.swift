/// The sizes of an EPT prompt, with the method's symbols.
public struct PromptShape: Sendable, Equatable {
  /// `s`, rows of the short prompt.
  public var promptLength: Int
  /// `n`, the longest input in tokens.
  public var inputLength: Int
  /// `d`, the width of the backbone's word embeddings.
  public var hiddenSize: Int
  /// `r`, the rank of the low-rank pair; 0 leaves the pair out.
  public var rank: Int
  /// `K`, the number of subspaces; 0 leaves subspaces and gate out.
  public var subspaces: Int
  /// `k`, the width of a subspace.
  public var subspaceWidth: Int
  /// The projections after blocks; nil for none.
  public var depth: DepthShape?

  public init(
    promptLength: Int, inputLength: Int, hiddenSize: Int, rank: Int, subspaces: Int,
    subspaceWidth: Int,
    depth: DepthShape? = nil
  ) {
    self.promptLength = promptLength
    self.inputLength = inputLength
    self.hiddenSize = hiddenSize
    self.rank = rank
    self.subspaces = subspaces
    self.subspaceWidth = subspaceWidth
    self.depth = depth
  }

  /// How many numbers the prompt has: `s·d + (n+d)·r + 2·K·k·d + K·d`.
  public var parameterCount: Int {
    promptLength * hiddenSize + (inputLength + hiddenSize) * rank
      + 2 * subspaces * subspaceWidth * hiddenSize + subspaces * hiddenSize
  }

  /// How many numbers the projections after blocks have; they are outside the prompt's budget.
  public var depthParameterCount: Int {
    depth.map { $0.parameterCount(hiddenSize: hiddenSize) } ?? 0
  }

  /// The largest rank with which the prompt stays within `budget` numbers, 0 if none does.
  public func largestRank(within budget: Int) -> Int {
    var unpaired = self
    unpaired.rank = 0
    return max(0, (budget - unpaired.parameterCount) / (inputLength + hiddenSize))
  }
}

/// The trained tensors of an EPT prompt, in the order of files and optimiser.
public enum PromptPart: String, Sendable, CaseIterable {
  /// `P`, `[s, d]`.
  case shortPrompt = "short_prompt"
  /// `A`, `[n, r]`.
  case lowRankA = "low_rank_a"
  /// `B`, `[r, d]`.
  case lowRankB = "low_rank_b"
  /// `U_1 … U_K` below one another, `[K·d, k]`.
  case subspaceDown = "subspace_down"
  /// `V_1 … V_K` below one another, `[K·k, d]`.
  case subspaceUp = "subspace_up"
  /// `Wg`, `[d, K]`.
  case gate = "gate"
  /// `U` of each block, a vector a row. `[L·K·k, d]`
  case depthDown = "depth_down"
  /// `V` of each block, a vector a row. `[L·K·k, d]`
  case depthUp = "depth_up"
  /// `Wg` of each block, a vector a row; no rows with one subspace. `[L·K, d]`
  case depthGate = "depth_gate"

  /// The part's rows and columns in a prompt of `shape`.
  public func size(in shape: PromptShape) -> (rows: Int, columns: Int) {
    switch self {
    case .shortPrompt: (shape.promptLength, shape.hiddenSize)
    case .lowRankA: (shape.inputLength, shape.rank)
    case .lowRankB: (shape.rank, shape.hiddenSize)
    case .subspaceDown: (shape.subspaces * shape.hiddenSize, shape.subspaceWidth)
    case .subspaceUp: (shape.subspaces * shape.subspaceWidth, shape.hiddenSize)
    case .gate: (shape.hiddenSize, shape.subspaces)
    case .depthDown, .depthUp:
      ((shape.depth?.blocks ?? 0) * (shape.depth?.vectors ?? 0), shape.hiddenSize)
    case .depthGate:
      ((shape.depth?.blocks ?? 0) * (shape.depth?.gateVectors ?? 0), shape.hiddenSize)
    }
  }
}
