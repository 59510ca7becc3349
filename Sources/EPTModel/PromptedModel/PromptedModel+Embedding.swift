import EPTCompute
import EPTLayers

extension PromptedModel {
  /// One vector of the encoder's last hidden states for each text. `[texts, d]`
  ///
  /// Texts are read with `prompt`, whose read-out does not matter; nil for the texts alone. The rows of
  /// the prompt are no part of the vector. A text's neighbours change its vector by rounding errors at
  /// most.
  ///
  /// - Throws: `ModelError` if a token or a length does not fit, or the prompt was made ready for another
  ///   model.
  public func embeddings(
    _ batch: TokenBatch, prompt: PreparedPrompt?, pooling: Pooling
  ) throws -> Matrix {
    guard prompt.map({ $0.model === self }) ?? true else {
      throw ModelError.mismatch(reason: "a prompt was made ready for another model")
    }
    let promptLength = prompt?.promptLength ?? 0
    try check(
      batch, promptLength: { _ in promptLength }, inputLength: { _ in prompt?.inputLength })
    return withWorkspace { workspace in
      let layout = TokenLayout(
        batch, promptLengths: [Int](repeating: promptLength, count: batch.count))
      let inputs = [PromptInput?](repeating: prompt?.input, count: batch.count)
      let states = embed(batch, inputs, layout, workspace)  // [rows, d]
      let edits = prompt.map {
        StackEdits(
          tasks: [$0.edits.encoder], taskOfText: [Int](repeating: 0, count: batch.count))
      }
      _ = backbone.encode(states, layout, edits: edits, saving: false, workspace)
      return PooledHead.pool(
        states, layout, of: 0..<layout.count, by: pooling, in: workspace.arena
      ).matrix()  // [texts, d]
    }
  }
}
