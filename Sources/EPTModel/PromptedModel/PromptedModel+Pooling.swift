import EPTCompute
import EPTLayers

extension PromptedModel {
  /// One vector of each text, read without a prompt: what `pooling` takes of the encoder's last states.
  /// `[texts, d]`
  ///
  /// A decoder does not run. A text's neighbours change its vector by rounding errors at most.
  ///
  /// - Throws: `ModelError` if a token or a length does not fit.
  public func pooledStates(_ batch: TokenBatch, by pooling: Pooling = .mean) throws -> Matrix {
    try check(batch, promptLength: { _ in 0 }, inputLength: { _ in nil })
    return withWorkspace { workspace in
      let layout = TokenLayout(batch, promptLengths: [Int](repeating: 0, count: batch.count))
      let states = embed(
        batch, [PromptInput?](repeating: nil, count: batch.count), layout, workspace)
      _ = backbone.encode(states, layout, edits: nil, saving: false, workspace)
      return PooledHead.pool(states, layout, of: 0..<batch.count, by: pooling, in: workspace.arena)
        .matrix()
    }
  }
}
