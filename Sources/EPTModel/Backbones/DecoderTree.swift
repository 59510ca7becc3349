/// The decoder rows that score a set of label words, with shared beginnings computed once.
///
/// Row 0 holds the start token; every other row holds a token that some word has before its last
/// one, and follows the row of the word's token before it.
struct DecoderTree {
  /// One factor of a word's likelihood: the row whose output is asked for `token`.
  struct Target {
    let row: Int
    let token: Int32
    /// The word's place in the list.
    let word: Int
  }

  /// Each row's input token.
  private(set) var tokens: [Int32]
  /// The row before each row, nil for row 0.
  private(set) var parents: [Int?] = [nil]
  /// Each row's position in the decoder.
  private(set) var depths: [Int] = [0]
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

  /// The rows that tell `words` apart: a last `end` counts only where another word goes on.
  ///
  /// What remains of the words are beginnings of texts that exclude one another, so an end token
  /// would cost a row and decide nothing.
  init(distinguishing words: [[Int32]], start: Int32, end: Int32) {
    let whole = DecoderTree(words: words, start: start)
    let passing = whole.wordsPassing
    var lastRows = [Int](repeating: 0, count: words.count)
    for target in whole.targets { lastRows[target.word] = target.row }
    let kept = zip(words, lastRows).map { word, row in
      word.last == end && row > 0 && passing[row] == 1 ? word.dropLast() : word
    }
    self.init(words: kept, start: start)
  }

  /// The rows whose softmax tells words apart.
  ///
  /// What all words pass, such as row 0, divides all likelihoods by the same number.
  var normalizedRows: [Int] {
    let passing = wordsPassing
    return passing.indices.filter { passing[$0] < wordCount }
  }

  /// How many words ask each row for a token.
  private var wordsPassing: [Int] {
    targets.reduce(into: [Int](repeating: 0, count: count)) { $0[$1.row] += 1 }
  }

  /// How many rows there are.
  var count: Int { tokens.count }

  private mutating func child(of parent: Int, token: Int32) -> Int {
    for row in 0..<count where parents[row] == parent && tokens[row] == token { return row }
    tokens.append(token)
    parents.append(parent)
    depths.append(depths[parent] + 1)
    return count - 1
  }

  /// The bias of self-attention among the rows, `[heads, rows, rows]`: each row sees itself and
  /// the rows it follows.
  func attentionBias(_ bias: RelativeBias, in arena: Arena) -> AttentionBias {
    let heads = bias.weight.columns
    let table = arena.matrix(heads * count, count)
    table.fill(-.infinity)
    for row in 0..<count {
      var seen: Int? = row
      while let key = seen {
        let values = bias.weight.view.row(bias.bucket(depths[key] - depths[row]))
        for head in 0..<heads { table.row(head * count + row)[key] = values[head] }
        seen = parents[key]
      }
    }
    return AttentionBias(
      base: UnsafePointer(table.base), headStride: count * count, rowStride: count)
  }
}
