extension EPTPrompt {
  /// The gate `G`: how much each prompt token takes of each subspace, `[s, K]`; rows sum to 1.
  public func gateWeights() -> Matrix {
    PromptPass(self, in: Arena()).gate.matrix()
  }
}
