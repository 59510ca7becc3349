import EPTCompute
import EPTLayers
import EPTText

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
  /// Keys and values of the prompt's rows, and of `beginning` behind them, in each block where they are
  /// the same before every text; else none.
  let past: [KeyValues]
  /// Tokens that texts are expected to begin with, if `past` has their rows.
  ///
  /// Texts that begin in another way are read as well.
  let beginning: [Int32]
  private let arena: Arena

  /// Computes what does not depend on texts; `prompt` and `readout` fit `model`.
  ///
  /// With `sharesRows` that is the keys and values of the prompt and of `beginning`, where the backbone
  /// allows for it.
  init(
    _ prompt: FoldedPrompt?, _ readout: Readout, beginning: [Int32] = [], on model: PromptedModel,
    sharesRows: Bool = true
  ) {
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
    let promptLength = input?.prompt.rows ?? 0
    let isShared = sharesRows && model.backbone.isCausal
    let room = min(inputLength ?? .max, (model.positions ?? .max) - promptLength)
    self.beginning =
      isShared && readout.readsLastRow ? Array(beginning.prefix(max(0, room))) : []
    past =
      isShared && promptLength + self.beginning.count > 0
      ? model.keyValues(of: input, self.beginning, edits, in: arena) : []
    self.arena = arena
    self.readout = readout
    self.model = model
  }

  /// `s`, rows of the prompt in front of each text.
  public var promptLength: Int { input?.prompt.rows ?? 0 }

  /// Rows of the prompt that every text's pass computes.
  var rowsInFront: Int { past.isEmpty ? promptLength : 0 }

  /// How many tokens at the beginning of a text, `ids`, have rows in `past`.
  ///
  /// The last token is not counted: what answers are read from must be computed.
  func knownTokens(of ids: ArraySlice<Int32>) -> Int {
    zip(ids.dropLast(), beginning).prefix { $0 == $1 }.count
  }

  /// Whether rows of label words stand behind each text in the encoder's own blocks.
  var labelsFollowText: Bool { tree != nil && model.continuesText }

  /// How many of the encoder's blocks read a text as they do without any prompt.
  ///
  /// The projection after the last of them is not counted among what they do.
  var sharedBlocks: Int {
    guard promptLength == 0, input?.lowRank == nil, !labelsFollowText else { return 0 }
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

extension PromptedModel {
  /// Keys and values in each block of the prompt's rows and those of `beginning` behind them,
  /// `[s + beginning.count, keyWidth]`, in memory of `arena`.
  fileprivate func keyValues(
    of input: PromptInput?, _ beginning: [Int32], _ edits: DepthEdits, in arena: Arena
  ) -> [KeyValues] {
    let text = TokenBatch([
      TokenizedText(ids: beginning, tokenTypeIDs: beginning.map { _ in 0 })
    ])
    let layout = TokenLayout(text, promptLengths: [input?.prompt.rows ?? 0])
    let kept = backbone.encoder.room(rows: layout.rows, in: arena)
    withWorkspace { workspace in
      let rows = embed(text, [input], layout, workspace)  // [s + beginning.count, d]
      backbone.embeddings.norm?(rows, into: rows, saving: nil, rows: 0..<rows.rows)
      let pass = backbone.encoder.pass(
        starts: [0, rows.rows], keeping: kept,
        edits: StackEdits(tasks: [edits.encoder], taskOfText: [0]), in: workspace.arena)
      _ = backbone.encoder.forward(rows, pass, saving: false, workspace)
    }
    return kept
  }
}
