/// The part of each text whose rows a pass computes: all behind the tokens whose rows its prompt has
/// computed earlier.
struct RemainingTexts {
  /// The texts without these tokens.
  let batch: TokenBatch
  /// How many tokens each text has lost at its beginning. `[texts]`
  let known: [Int]
  /// How many rows of its prompt's `past`, those of the tokens included, stand before each text.
  /// `[texts]`
  let rowsBefore: [Int]

  /// Text `i` of `whole` is read with `prompts[i]`, nil for none.
  init(_ whole: TokenBatch, _ prompts: [PreparedPrompt?]) {
    let known = prompts.indices.map {
      prompts[$0]?.knownTokens(of: whole.ids[whole.range($0)]) ?? 0
    }
    batch = whole.dropping(known)
    rowsBefore = zip(prompts, known).map { prompt, known in
      prompt.map { $0.promptLength - $0.rowsInFront + known } ?? 0
    }
    self.known = known
  }
}
