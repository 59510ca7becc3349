import EPTCompute

extension EPTPrompt {
  /// The gate `G`: how much each prompt token takes of each subspace, `[s, K]`; rows sum to 1.
  public func gateWeights() -> Matrix {
    let arena = Arena()
    // Views are bare addresses: the arena must outlive them.
    return withExtendedLifetime(arena) { PromptPass(self, in: arena).gate.matrix() }
  }
}
