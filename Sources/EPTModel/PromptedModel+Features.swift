extension PromptedModel {
  /// The mean of each text's last hidden states, without a prompt, `[texts, d]`: what an
  /// encoder's head reads.
  ///
  /// - Throws: `ModelError` if a token or a length does not fit the backbone.
  public func pooledStates(_ batch: TokenBatch) throws -> Matrix {
    try check(batch, promptLength: { _ in 0 }, inputLength: { _ in nil })
    let states = lastHiddenStates(batch)  // [tokens, d]
    var pooled = Matrix(rows: batch.count, columns: width)
    for text in 0..<batch.count {
      let tokens = batch.range(text)
      let share = 1 / Float(tokens.count)
      for token in tokens {
        for column in 0..<width {
          pooled.values[text * width + column] += share * states.values[token * width + column]
        }
      }
    }
    return pooled
  }
}
