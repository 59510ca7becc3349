import EPTCompute

/// Rows that stand before texts' own and were computed earlier: those of prompts and of what texts
/// begin with, which many texts share.
///
/// Where queries see keys of earlier rows alone, what these rows give depends on nothing behind them.
package struct PastRows {
  /// Keys and values of each prompt's rows in each block; empty for no rows. `[prompts][blocks]`
  private let prompts: [[KeyValues]]
  /// The prompt of each text.
  private let promptOfText: [Int]
  /// How many of its prompt's rows, from the first, stand before each text.
  private let counts: [Int]

  /// The first `counts[i]` rows of the prompt of text `i`; nil where no text has any.
  package init?(_ prompts: [[KeyValues]], promptOfText: [Int], counts: [Int]) {
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    self.init(prompts: prompts, ofText: promptOfText, counts: counts)
  }

  private init(prompts: [[KeyValues]], ofText: [Int], counts: [Int]) {
    self.prompts = prompts
    promptOfText = ofText
    self.counts = counts
  }

  /// How many rows stand before a text's own.
  func count(text: Int) -> Int { counts[text] }

  /// Keys and values of the rows before each text's own in block `block`. `[texts]`
  func keyValues(block: Int) -> [KeyValues?] {
    zip(promptOfText, counts).map { prompt, count in
      count == 0 ? nil : prompts[prompt][block].rows(0..<count)
    }
  }

  /// The same for texts `texts` alone.
  func part(_ texts: Range<Int>) -> PastRows {
    PastRows(
      prompts: prompts, ofText: Array(promptOfText[texts]), counts: Array(counts[texts]))
  }

  /// Where each text's keys start, then the total, if its own rows start at `starts` and `past` stand
  /// before them.
  package static func keyStarts(_ starts: [Int], past: [Int]) -> [Int] {
    var sum = 0
    return starts.indices.map { text in
      defer { sum += text < past.count ? past[text] : 0 }
      return starts[text] + sum
    }
  }
}
