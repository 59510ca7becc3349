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
    _ batch: TokenBatch, prompts: [PreparedPrompt?], _ settings: GenerationSettings,
    hooks: GenerationHooks = GenerationHooks()
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
    guard batch.count > 0 else { return [] }
    return withWorkspace { workspace in
      generate(decoder, batch, prompts, settings, hooks, workspace)
    }
  }

  private func generate(
    _ decoder: any TreeDecoder, _ batch: TokenBatch, _ prompts: [PreparedPrompt?],
    _ settings: GenerationSettings, _ hooks: GenerationHooks, _ workspace: Workspace
  ) -> [Generation] {
    let remaining = RemainingTexts(batch, prompts)
    let layout = TokenLayout(
      remaining.batch, promptLengths: prompts.map { $0?.rowsInFront ?? 0 })
    let texts = Array(0..<layout.count)
    let keyStarts = PastRows.keyStarts(layout.starts, past: remaining.rowsBefore)
    let kept =
      decoder.continuesText
      ? backbone.encoder.room(rows: keyStarts[layout.count], in: workspace.arena) : []
    let states = embed(
      remaining.batch, prompts.map { $0?.input }, behind: remaining.known, layout, workspace)
    let edits = prompts.map { $0?.edits ?? DepthEdits(none: backbone) }
    let backboneEdits = StackEdits(tasks: edits.map(\.encoder), taskOfText: texts)
    _ = backbone.encode(
      states, layout,
      past: PastRows(
        prompts.map { $0?.past ?? [] }, promptOfText: texts, counts: remaining.rowsBefore),
      keeping: kept, edits: backboneEdits, saving: false, workspace)
    let stepEdits =
      decoder.continuesText
      ? backboneEdits : StackEdits(tasks: edits.map(\.decoder), taskOfText: texts)
    var (outputs, cache) = decoder.begin(
      EncoderMemory(states: states, texts: texts.map(layout.joined)), kept: kept,
      keyRows: texts.map { keyStarts[$0]..<keyStarts[$0 + 1] }, edits: stepEdits, workspace)
    var searches = texts.map { text in
      BeamSearch(limited(settings, keys: keyStarts[text + 1] - keyStarts[text])) { tokens in
        tokens.last.map(decoder.ends.contains) == true || hooks.isEnd(tokens)
      }
    }
    var rows = DecoderRows(beginning: texts.count, token: decoder.start)
    while true {
      let candidates = workspace.arena.temporary {
        decoder.vocabulary.best(BeamSearch.candidates(settings), of: outputs, workspace)
      }
      var next = DecoderRows(tokens: [], history: [], ofText: [])
      for text in texts {
        let mine = rows.ofText[text]
        let first = next.tokens.count
        if !mine.isEmpty {
          searches[text].advance(Array(candidates[mine]))
          hooks.progress(text, searches[text].likeliest)
          for beam in searches[text].isDone ? [] : searches[text].beams {
            let parent = mine.lowerBound + beam.parent
            next.tokens.append(beam.tokens[beam.tokens.count - 1])
            next.history.append(rows.history[parent] + [parent])
          }
        }
        next.ofText.append(first..<next.tokens.count)
      }
      guard !next.tokens.isEmpty else { return searches.map(\.best) }
      rows = next
      // Later steps read this one's keys and values, so its memory is not released here.
      outputs = decoder.step(rows, cache: &cache, edits: stepEdits, workspace)
    }
  }

  /// The settings for a text of `keys` rows: what continues it ends at the backbone's last position.
  private func limited(_ settings: GenerationSettings, keys: Int) -> GenerationSettings {
    guard backbone.decoder?.continuesText == true, let positions else { return settings }
    var settings = settings
    // The last token is read by no row.
    settings.maximumTokens = min(settings.maximumTokens, max(1, positions - keys + 1))
    return settings
  }
}
