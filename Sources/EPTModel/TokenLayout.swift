import EPTLayers

/// Texts with a prompt in front of each, laid end to end, and rows of label words behind some.
struct TokenLayout {
  /// `s`, rows of the prompt in front of each text. `[texts]`
  let promptLengths: [Int]
  /// Where each text's rows, prompt first, start; then the total. `[texts + 1]`
  let starts: [Int]
  /// Where each text's own tokens start among all texts' own tokens; then the total. `[texts + 1]`
  let tokenStarts: [Int]
  /// The first text of each row of the batch, then the number of texts. `[rows + 1]`
  private let rowStarts: [Int]
  /// Token types of all texts' own tokens, without the prompt's. `[tokens]`
  let tokenTypeIDs: [UInt8]

  /// Trees of label words, of which each text has the rows but for row 0 behind it.
  let trees: [LabelTree]
  /// The tree of each text; nil for none. `[texts]`
  let treeOfText: [Int?]

  /// Puts `promptLengths[i]` rows before text `i` of `batch`, and behind it the rows of its tree of
  /// `trees`, without row 0, which is the text's last.
  init(
    _ batch: TokenBatch, promptLengths: [Int], trees: [LabelTree] = [], treeOfText: [Int?]? = nil
  ) {
    let treeOfText = treeOfText ?? [Int?](repeating: nil, count: batch.count)
    precondition(promptLengths.count == batch.count && treeOfText.count == batch.count)
    self.promptLengths = promptLengths
    self.trees = trees
    self.treeOfText = treeOfText
    tokenStarts = batch.starts
    var others = 0
    starts = batch.starts.indices.map { text in
      defer {
        if text < batch.count {
          others += promptLengths[text] + (treeOfText[text].map { trees[$0].count - 1 } ?? 0)
        }
      }
      return batch.starts[text] + others
    }
    rowStarts = batch.rowStarts
    tokenTypeIDs = batch.tokenTypeIDs
  }

  /// How many texts there are.
  var count: Int { starts.count - 1 }

  /// The texts of each row of the batch, one or two. `[rows][texts]`
  var textsOfRows: [[Int]] {
    (1..<rowStarts.count).map { Array(rowStarts[$0 - 1]..<rowStarts[$0]) }
  }

  /// How many rows all texts have with their prompts.
  var rows: Int { starts[count] }

  /// Consecutive texts with their rows, about 128 rows together; nil if there are too few groups
  /// for threads to share evenly.
  ///
  /// That many rows of all layers' activations stay in a processor's second-level cache. Towards
  /// the end groups become smaller, so that threads end together.
  func groups() -> [(texts: Range<Int>, rows: Range<Int>)]? {
    guard rows >= 512 else { return nil }
    var groups: [(texts: Range<Int>, rows: Range<Int>)] = []
    var first = 0
    for text in 0..<count {
      let wanted = max(48, min(128, (rows - starts[first]) / 8))
      guard starts[text + 1] - starts[first] >= wanted || text == count - 1 else { continue }
      groups.append((first..<text + 1, starts[first]..<starts[text + 1]))
      first = text + 1
    }
    return groups.count < 8 ? nil : groups
  }

  /// Where the rows of each of `texts` start, counted from the first one's; then the total.
  func starts(of texts: Range<Int>) -> [Int] {
    starts[texts.lowerBound...texts.upperBound].map { $0 - starts[texts.lowerBound] }
  }

  /// How the rows of each text follow one another.
  var structure: RowStructure {
    trees.isEmpty ? .sequences : .continued(trees.map(\.tree), treeOfText: treeOfText)
  }

  /// Rows of text `index`, prompt first, those behind it last.
  func joined(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// Rows of text `index`'s prompt.
  func prompt(_ index: Int) -> Range<Int> { starts[index]..<starts[index] + promptLengths[index] }

  /// Rows of text `index`'s own tokens.
  func tokens(_ index: Int) -> Range<Int> {
    let first = starts[index] + promptLengths[index]
    return first..<first + tokenStarts[index + 1] - tokenStarts[index]
  }

  /// The rows behind text `index`, each with its token.
  func behind(_ index: Int) -> Zip2Sequence<Range<Int>, ArraySlice<Int32>> {
    let tokens = treeOfText[index].map { trees[$0].tokens.dropFirst() } ?? []
    return zip(self.tokens(index).upperBound..<starts[index + 1], tokens)
  }
}
