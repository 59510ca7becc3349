import EPTCompute
import EPTLayers

extension PromptedModel {
  /// Most beams that are followed at the same time.
  public static let mostBeams = 64

  /// What the decoder writes after each text.
  ///
  /// Text `i` is read with `prompts[i]`, whose read-out does not matter; nil for the text alone.
  /// A text's neighbours change its scores by rounding errors at most.
  ///
  /// - Throws: `ModelError` if the backbone has no decoder, or a token, a length or a setting does
  ///   not fit.
  public func generate(
    _ batch: TokenBatch, prompts: [PreparedPrompt?], _ settings: GenerationSettings
  ) throws -> [Generation] {
    guard let decoder = backbone.decoder else {
      throw ModelError.mismatch(
        reason: "this backbone has no decoder, so it cannot write; score labels instead")
    }
    guard (1...Self.mostBeams).contains(settings.beams), settings.maximumTokens > 0,
      2 * settings.beams <= vocabularySize
    else {
      throw ModelError.mismatch(
        reason: "\(settings.beams) beams of \(settings.maximumTokens) tokens cannot be searched; "
          + "beams may be 1 to \(min(Self.mostBeams, vocabularySize / 2)), tokens 1 or more")
    }
    guard prompts.count == batch.count, prompts.allSatisfy({ $0.map { $0.model === self } ?? true })
    else {
      throw ModelError.mismatch(
        reason: "\(batch.count) texts need as many prompts made ready for this model")
    }
    try check(
      batch, promptLength: { prompts[$0]?.promptLength ?? 0 },
      inputLength: { prompts[$0]?.inputLength })
    return withWorkspace { workspace in
      generate(decoder, batch, prompts, settings, workspace)
    }
  }

  private func generate(
    _ decoder: any TreeDecoder, _ batch: TokenBatch, _ prompts: [PreparedPrompt?],
    _ settings: GenerationSettings, _ workspace: Workspace
  ) -> [Generation] {
    let layout = TokenLayout(batch, promptLengths: prompts.map { $0?.promptLength ?? 0 })
    let states = embed(batch, prompts.map { $0?.input }, layout, workspace)
    let edits = prompts.map { $0?.edits ?? DepthEdits(none: backbone) }
    let texts = 0..<layout.count
    _ = backbone.encode(
      states, layout, edits: StackEdits(tasks: edits.map(\.encoder), taskOfText: Array(texts)),
      saving: false, workspace)
    let decoderEdits = StackEdits(tasks: edits.map(\.decoder), taskOfText: Array(texts))
    var cache = decoder.cache(
      EncoderMemory(states: states, texts: texts.map(layout.joined)), workspace)
    var searches = texts.map { _ in BeamSearch(settings, end: decoder.end) }
    var rows = DecoderRows(
      tokens: texts.map { _ in decoder.start }, history: texts.map { _ in [] },
      ofText: texts.map { $0..<$0 + 1 })
    while !rows.tokens.isEmpty {
      let candidates = next(
        decoder, rows, &cache, decoderEdits, count: BeamSearch.candidates(settings), workspace)
      var next = DecoderRows(tokens: [], history: [], ofText: [])
      for text in texts {
        let mine = rows.ofText[text]
        let first = next.tokens.count
        if !mine.isEmpty {
          searches[text].advance(Array(candidates[mine]))
          for beam in searches[text].isDone ? [] : searches[text].beams {
            let parent = mine.lowerBound + beam.parent
            next.tokens.append(beam.tokens[beam.tokens.count - 1])
            next.history.append(rows.history[parent] + [parent])
          }
        }
        next.ofText.append(first..<next.tokens.count)
      }
      rows = next
    }
    return searches.map(\.best)
  }

  /// The `count` most probable tokens after each row, the best first.
  private func next(
    _ decoder: any TreeDecoder, _ rows: DecoderRows, _ cache: inout KVCache, _ edits: StackEdits,
    count: Int, _ workspace: Workspace
  ) -> [[TokenCandidate]] {
    // Later steps read this one's keys and values, so its memory is not released here.
    let outputs = decoder.step(rows, cache: &cache, edits: edits, workspace)
    return workspace.arena.temporary {
      decoder.vocabulary.best(count, of: outputs, workspace)
    }
  }
}
