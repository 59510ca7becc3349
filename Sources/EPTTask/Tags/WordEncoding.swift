import EPTText

extension Tokenizer {
  /// The tokens of `word` behind another word and a space, without those of the other one.
  ///
  /// What a tokenizer makes of a text's beginning, such as a space before it, is not in the middle of
  /// one.
  func tokens(ofNext word: String) -> [Int32] {
    let before = tokens(of: "a")
    let both = tokens(of: "a " + word)
    return both.starts(with: before) ? Array(both.dropFirst(before.count)) : tokens(of: word)
  }

  /// The tokens of a text of words, at most `limit`, with the place of each word that is read.
  ///
  /// Each word is tokenized by itself, as if a space stood before it; so what a word's tokens are does not
  /// depend on its neighbours, and its first token can be told.
  func encode(words: [String], limit: Int) -> TokenizedText {
    var tokens: [[Int32]] = []
    var count = 0
    // One word beyond the limit tells that the text is cut.
    for word in words {
      guard count <= limit else { break }
      let next = tokens.isEmpty ? self.tokens(of: word) : self.tokens(ofNext: word)
      count += next.count
      tokens.append(next)
    }
    return encode(words: tokens, limit: limit)
  }
}
