extension Template {
  /// A text of words in its place, `limit` tokens at most, with the place of each word that is read.
  ///
  /// - Parameters:
  ///   - words: The tokens of each word.
  ///   - limit: The most tokens, special ones included.
  /// - Returns: The text; of a word that is cut the beginning counts, and a word without tokens starts
  ///   where the next token is, or at the last one.
  func assemble(words: [[Int32]], limit: Int) -> TokenizedText {
    var text = assemble(Array(words.joined()), nil, limit: limit)
    guard !text.ids.isEmpty else { return text }
    let specials = single.count - 1
    let room = max(0, max(0, limit) - specials)
    // Before the text stand special tokens alone.
    let first = single.firstIndex { $0.content == .first } ?? 0
    var passed = 0
    for word in words {
      guard passed < room else { break }
      text.wordStarts.append(min(first + passed, text.ids.count - 1))
      passed += word.count
    }
    return text
  }
}
