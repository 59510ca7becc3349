import EPTLayers

/// The decoder rows that score a set of label words, with shared prefixes computed once.
///
/// Row 0 holds the start token. Every other row holds a token that some word has before its last
/// one. Its parent is the row of the word's previous token.
struct LabelTree {
  /// One factor of a word's likelihood: the row whose output is asked for `token`.
  struct Target {
    let row: Int
    let token: Int32
    /// The word's place in the list.
    let word: Int
  }

  /// Each row's input token.
  private(set) var tokens: [Int32]
  /// How the rows follow one another.
  private(set) var tree = TokenTree()
  private(set) var targets: [Target] = []
  /// How many words the rows score.
  let wordCount: Int

  init(words: [[Int32]], start: Int32) {
    tokens = [start]
    wordCount = words.count
    for (word, ids) in words.enumerated() {
      var row = 0
      for (index, token) in ids.enumerated() {
        targets.append(Target(row: row, token: token, word: word))
        if index + 1 < ids.count { row = child(of: row, token: token) }
      }
    }
  }

  /// The rows that tell `words` apart: a last end token counts only where another word continues.
  ///
  /// Elsewhere the words exclude one another without it, so an end token would cost a row and
  /// decide nothing.
  init(distinguishing words: [[Int32]], start: Int32, ends: [Int32]) {
    let whole = LabelTree(words: words, start: start)
    let passing = whole.wordsPassing
    var lastRows = [Int](repeating: 0, count: words.count)
    for target in whole.targets { lastRows[target.word] = target.row }
    let kept = zip(words, lastRows).map { word, row in
      row > 0 && word.last.map(ends.contains) == true && passing[row] == 1 ? word.dropLast() : word
    }
    self.init(words: kept, start: start)
  }

  /// The rows whose softmax tells words apart.
  ///
  /// A row that all words use, such as row 0, divides all likelihoods by the same number.
  var normalizedRows: [Int] {
    let passing = wordsPassing
    return passing.indices.filter { passing[$0] < wordCount }
  }

  /// How many words ask each row for a token.
  private var wordsPassing: [Int] {
    targets.reduce(into: [Int](repeating: 0, count: count)) { $0[$1.row] += 1 }
  }

  /// How many rows follow row 0 one after the other at most.
  var depth: Int { tree.depths.max() ?? 0 }

  /// How many rows there are.
  var count: Int { tokens.count }

  private mutating func child(of parent: Int, token: Int32) -> Int {
    for row in 0..<count where tree.parents[row] == parent && tokens[row] == token { return row }
    tokens.append(token)
    return tree.append(after: parent)
  }
}
