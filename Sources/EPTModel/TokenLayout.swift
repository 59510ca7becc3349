/// Texts with a prompt in front of each, laid end to end.
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

  /// Puts `promptLengths[i]` rows before text `i` of `batch`.
  init(_ batch: TokenBatch, promptLengths: [Int]) {
    precondition(promptLengths.count == batch.count)
    self.promptLengths = promptLengths
    tokenStarts = batch.starts
    var prompts = 0
    starts = batch.starts.indices.map { text in
      defer { prompts += text < promptLengths.count ? promptLengths[text] : 0 }
      return batch.starts[text] + prompts
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

  /// Rows of text `index`, prompt first.
  func joined(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// Rows of text `index`'s prompt.
  func prompt(_ index: Int) -> Range<Int> { starts[index]..<starts[index] + promptLengths[index] }

  /// Rows of text `index`'s own tokens.
  func tokens(_ index: Int) -> Range<Int> {
    starts[index] + promptLengths[index]..<starts[index + 1]
  }
}
