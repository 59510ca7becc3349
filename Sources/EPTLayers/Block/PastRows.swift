import EPTCompute

/// Rows that stand before texts' own and were computed earlier: those of prompts, which many texts
/// share.
///
/// Where queries see keys of earlier rows alone, what a prompt's rows give depends on no text.
package struct PastRows {
  /// Keys and values of each prompt's rows in each block; empty for no rows. `[prompts][blocks]`
  private let prompts: [[KeyValues]]
  /// The prompt of each text.
  private let promptOfText: [Int]

  /// Nil where no prompt has rows.
  package init?(_ prompts: [[KeyValues]], promptOfText: [Int]) {
    guard prompts.contains(where: { !$0.isEmpty }) else { return nil }
    self.prompts = prompts
    self.promptOfText = promptOfText
  }

  private init(prompts: [[KeyValues]], ofText: [Int]) {
    self.prompts = prompts
    promptOfText = ofText
  }

  /// How many rows stand before a text's own.
  func count(text: Int) -> Int { prompts[promptOfText[text]].first?.keys.rows ?? 0 }

  /// Keys and values of the rows before each text's own in block `block`. `[texts]`
  func keyValues(block: Int) -> [KeyValues?] {
    promptOfText.map { prompts[$0].isEmpty ? nil : prompts[$0][block] }
  }

  /// The same for texts `texts` alone.
  func part(_ texts: Range<Int>) -> PastRows {
    PastRows(prompts: prompts, ofText: Array(promptOfText[texts]))
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
