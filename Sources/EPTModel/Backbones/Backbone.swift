/// Texts with a prompt in front of each, laid end to end.
struct JoinedLayout {
  /// `s`, rows of the prompt in front of each text. `[texts]`
  let promptLengths: [Int]
  /// Where each text's rows, prompt first, start; then the total. `[texts + 1]`
  let starts: [Int]
  /// Where each text's own tokens start among all texts' own tokens; then the total. `[texts + 1]`
  let tokenStarts: [Int]
  /// BERT's segments of all texts' own tokens, without the prompt's. `[tokens]`
  let segments: [UInt8]

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
    segments = batch.segments
  }

  /// How many texts there are.
  var count: Int { starts.count - 1 }

  /// How many rows all texts have with their prompts.
  var rows: Int { starts[count] }

  /// Rows of text `index`, prompt first.
  func joined(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// Rows of text `index`'s prompt.
  func prompt(_ index: Int) -> Range<Int> { starts[index]..<starts[index] + promptLengths[index] }

  /// Rows of text `index`'s own tokens.
  func tokens(_ index: Int) -> Range<Int> {
    starts[index] + promptLengths[index]..<starts[index + 1]
  }
}

/// A frozen language model that reads embeddings.
///
/// Since nothing in it is trained, the backward pass is the gradient of its input alone.
protocol Backbone: Sendable {
  /// What a forward pass keeps for the gradient, in the pass's arena.
  associatedtype Kept

  /// Word embeddings. `[vocabulary, d]`
  var wordEmbeddings: Embedding { get }
  /// How many rows a text may have with its prompt; nil if there is no limit.
  var positions: Int? { get }
  /// How many values a segment may have; nil where segments are not read.
  var segments: Int? { get }
  /// The decoder, if there is one.
  var decoder: T5Decoder? { get }

  /// The last hidden states, `[rows, d]`, for `input`, `[rows, d]`, which is overwritten.
  func encode(
    _ input: MatrixView, _ layout: JoinedLayout, keeping: Bool, _ workspace: Workspace
  ) -> (states: MatrixView, kept: Kept?)

  /// The gradient with respect to `input`, from `gradient` with respect to the states, which is
  /// overwritten. `[rows, d]`
  func inputGradient(
    _ gradient: MatrixView, kept: Kept, _ layout: JoinedLayout, _ workspace: Workspace
  ) -> MatrixView
}
