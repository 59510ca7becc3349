import EPTCompute

/// A prompt with its read-out, checked against one model and made ready for it.
///
/// What depends on no text is computed here once: the prompt's rows, the low-rank rows of every
/// position and the decoder's rows. Texts for different prompts may share a batch.
public final class PreparedPrompt: @unchecked Sendable {
  // Unchecked, since views are bare addresses: they point into the arena, which nobody writes to
  // after `init`.

  /// How the model's states become one number a class.
  public let readout: Readout

  /// The model that the prompt was made ready for.
  let model: PromptedModel
  /// What stands in front of a text and is added to it; nil for none.
  let input: PromptInput?
  /// The longest text that the low-rank pair reaches; nil without a pair.
  let inputLength: Int?
  /// The decoder's rows for the label words; nil with a head.
  let tree: LabelTree?
  /// The projections that follow blocks.
  let edits: DepthEdits
  private let arena: Arena

  /// Computes what does not depend on texts; `prompt` and `readout` fit `model`.
  init(_ prompt: FoldedPrompt?, _ readout: Readout, on model: PromptedModel) {
    let arena = Arena()
    input = prompt.map { PromptInput($0, hiddenSize: model.hiddenSize, in: arena) }
    inputLength = prompt?.inputLength
    tree =
      switch readout {
      case .head: nil
      case .labelWords(let words): model.backbone.decoder?.tree(words)
      }
    edits =
      prompt?.depth.map { DepthEdits($0, model.backbone, in: arena) }
      ?? DepthEdits(none: model.backbone)
    self.arena = arena
    self.readout = readout
    self.model = model
  }

  /// `s`, rows of the prompt in front of each text.
  public var promptLength: Int { input?.prompt.rows ?? 0 }

  /// How many of the encoder's blocks read a text as they do without any prompt.
  ///
  /// The projection after the last of them is not counted among what they do.
  var sharedBlocks: Int {
    guard promptLength == 0, input?.lowRank == nil else { return 0 }
    return (edits.encoder.firstIndex { $0 != nil }).map { $0 + 1 } ?? edits.encoder.count
  }

  /// Whether this prompt and `other` read a text alike in some of the encoder's blocks, which then
  /// are computed once.
  public func sharesBlocks(with other: PreparedPrompt) -> Bool {
    min(sharedBlocks, other.sharedBlocks) > 0
  }

  /// Whether the encoder's states depend on the prompt.
  var changesStates: Bool {
    promptLength > 0 || input?.lowRank != nil || edits.encoder.contains { $0 != nil }
  }
}

/// What stands in front of and on top of a text's embeddings.
struct PromptInput {
  /// `P̂`, `[s, d]`.
  let prompt: MatrixView
  /// `c·A·B` for the positions of the longest text, `[m, d]`; nil without a low-rank pair.
  let lowRank: MatrixView?
}

extension PromptInput {
  /// The rows of `folded` in memory of `arena`, for a model of width `hiddenSize`.
  fileprivate init(_ folded: FoldedPrompt, hiddenSize: Int, in arena: Arena) {
    let prompt = arena.matrix(folded.prompt.rows, hiddenSize)
    prompt.copy(folded.prompt)
    var lowRank: MatrixView?
    if folded.lowRankA.columns > 0 {
      let rows = arena.matrix(folded.lowRankA.rows, hiddenSize)
      let scratch = Arena()
      let a = scratch.matrix(folded.lowRankA.rows, folded.lowRankA.columns)
      let b = scratch.matrix(folded.lowRankB.rows, hiddenSize)
      // Views are bare addresses: the arena must outlive them.
      withExtendedLifetime(scratch) {
        a.copy(folded.lowRankA)
        b.copy(folded.lowRankB)
        // [n, r] · [r, d]
        Product.multiply(a, b, scale: folded.lowRankScale, into: rows)
      }
      lowRank = rows
    }
    self.init(prompt: prompt, lowRank: lowRank)
  }
}
