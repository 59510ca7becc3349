import EPTFormat

/// Hugging Face's `tokenizer.json`.
struct HuggingFaceDefinition {
  let json: JSON
  let source: String

  /// Ids beyond this are not plausible, and every id costs memory.
  private static let greatestID = 1 << 24

  func parts() throws -> TokenizerParts {
    guard let model = json["model"], model.object != nil else {
      throw invalid("it has no `model`")
    }
    let type =
      model["type"]?.string ?? (model["continuing_subword_prefix"] == nil ? "?" : "WordPiece")
    switch type {
    case "Unigram": return try unigram(model)
    case "WordPiece": return try wordPiece(model)
    default:
      throw unsupported("the model `\(type)`", "Unigram (T5) and WordPiece (BERT) are")
    }
  }

  func invalid(_ reason: String) -> TextError {
    .invalid(source: source, reason: reason)
  }

  func unsupported(_ what: String, _ hint: String) -> TextError {
    .unsupported(source: source, what: what, hint: hint)
  }

  // MARK: Unigram

  private func unigram(_ model: JSON) throws -> TokenizerParts {
    guard let vocabulary = model["vocab"]?.array, !vocabulary.isEmpty else {
      throw invalid("its model has no `vocab` list")
    }
    var pieces: [[UInt8]] = []
    var scores: [Double] = []
    for (id, entry) in vocabulary.enumerated() {
      guard let pair = entry.array, pair.count == 2, let piece = pair[0].string,
        let score = pair[1].number
      else { throw invalid("entry \(id) of its `vocab` is no pair of piece and score") }
      pieces.append(Array(piece.utf8))
      scores.append(ReferenceNumber.read(score))
    }
    guard let unknown = model["unk_id"]?.integer, pieces.indices.contains(unknown) else {
      throw invalid("its `unk_id` is missing or no piece")
    }
    if model["byte_fallback"]?.bool == true {
      throw unsupported("byte_fallback", "only Unigram models without it are")
    }
    var settings = try words(json["pre_tokenizer"])
    settings.unknown = Int32(unknown)
    let added = try addedTokens(&pieces)
    return TokenizerParts(
      source: source, pieces: pieces, addedTokens: added, template: try template(pieces),
      model: .unigram(
        UnigramParts(
          scores: scores, settings: settings, steps: try steps(json["normalizer"]))))
  }

  private func steps(_ normalizer: JSON?) throws -> [UnigramParts.Step] {
    guard let normalizer, normalizer != .null else { return [] }
    switch normalizer["type"]?.string {
    case "Sequence":
      let steps = try (normalizer["normalizers"]?.array ?? []).flatMap { try self.steps($0) }
      let maps = steps.count { if case .characterMap = $0 { true } else { false } }
      guard maps <= 1 else {
        throw unsupported("more than one Precompiled normalizer", "a sequence with one is")
      }
      return steps
    case "Precompiled":
      guard let text = normalizer["precompiled_charsmap"]?.string,
        let blob = Base64.decode(text)
      else { throw invalid("its `precompiled_charsmap` is not base64") }
      return blob.isEmpty ? [] : [.characterMap(blob)]
    case "Strip":
      return [
        .strip(
          left: normalizer["strip_left"]?.bool ?? true,
          right: normalizer["strip_right"]?.bool ?? true)
      ]
    case "Replace":
      guard let content = normalizer["content"]?.string else {
        throw invalid("a Replace normalizer has no `content`")
      }
      if let text = normalizer["pattern"]?["String"]?.string, !text.isEmpty {
        return [.replace(pattern: Array(text.utf8), content: Array(content.utf8))]
      }
      if normalizer["pattern"]?["Regex"]?.string == " {2,}" {
        return [.replaceSpaces(content: Array(content.utf8))]
      }
      throw unsupported(
        "a Replace normalizer with this pattern", "a String and the Regex ` {2,}` are")
    case let type:
      throw unsupported(
        "the normalizer `\(type ?? "?")`",
        "null, Precompiled, Strip, Replace and Sequence are for Unigram models")
    }
  }

  private func words(_ preTokenizer: JSON?) throws -> UnigramSettings {
    let parts: [JSON]
    if preTokenizer?["type"]?.string == "Sequence" {
      parts = preTokenizer?["pretokenizers"]?.array ?? []
    } else {
      parts = [preTokenizer ?? .null]
    }
    let types = parts.map { $0["type"]?.string ?? "null" }
    guard types == ["Metaspace"] || types == ["WhitespaceSplit", "Metaspace"],
      let metaspace = parts.last
    else {
      throw unsupported(
        "the pre-tokenizer \(types.joined(separator: " + "))",
        "Metaspace, alone or after WhitespaceSplit, is for Unigram models")
    }
    let replacement = Array((metaspace["replacement"]?.string ?? "\u{2581}").unicodeScalars)
    guard replacement.count == 1 else {
      throw invalid("the `replacement` of its Metaspace is not one character")
    }
    var prepending = UnigramSettings.Prepending.always
    switch metaspace["prepend_scheme"]?.string {
    case nil: if metaspace["add_prefix_space"]?.bool == false { prepending = .never }
    case "always": prepending = .always
    case "never": prepending = .never
    case "first": prepending = .first
    case let scheme?: throw invalid("its Metaspace has the prepend_scheme `\(scheme)`")
    }
    if types.count == 2, prepending == .first {
      throw unsupported(
        "prepend_scheme `first` after WhitespaceSplit", "`always` and `never` are there")
    }
    return UnigramSettings(
      unknown: 0, splitsOnWhitespace: types.count == 2, metaspace: replacement[0],
      prepending: prepending, splitsOnMetaspace: metaspace["split"]?.bool ?? true)
  }

  // MARK: WordPiece

  private func wordPiece(_ model: JSON) throws -> TokenizerParts {
    guard let vocabulary = model["vocab"]?.object, !vocabulary.isEmpty else {
      throw invalid("its model has no `vocab`")
    }
    var pieces: [[UInt8]] = []
    for member in vocabulary {
      guard let id = member.value.integer, (0...Self.greatestID).contains(id) else {
        throw invalid("the id of `\(member.key)` is not in 0...\(Self.greatestID)")
      }
      if id >= pieces.count {
        pieces += repeatElement([], count: id + 1 - pieces.count)
      }
      pieces[id] = Array(member.key.utf8)
    }
    let unknownName = model["unk_token"]?.string ?? "[UNK]"
    guard let unknown = pieces.firstIndex(of: Array(unknownName.utf8)) else {
      throw invalid("its `unk_token` `\(unknownName)` is not in its vocabulary")
    }
    let type = json["pre_tokenizer"]?["type"]?.string ?? "null"
    guard type == "BertPreTokenizer" else {
      throw unsupported("the pre-tokenizer \(type)", "BertPreTokenizer is for WordPiece models")
    }
    let added = try addedTokens(&pieces)
    return TokenizerParts(
      source: source, pieces: pieces, addedTokens: added, template: try template(pieces),
      model: .wordPiece(
        WordPieceParts(
          unknown: unknown,
          continuationPrefix: Array((model["continuing_subword_prefix"]?.string ?? "##").utf8),
          longestWord: model["max_input_chars_per_word"]?.integer ?? 100,
          characters: try characters(json["normalizer"]))))
  }

  private func characters(_ normalizer: JSON?) throws -> CharacterCodeBuilder.Settings {
    guard let normalizer, normalizer != .null else {
      return CharacterCodeBuilder.Settings(
        cleansText: false, isolatesChinese: false, stripsAccents: false, lowercases: false)
    }
    let type = normalizer["type"]?.string ?? "?"
    guard type == "BertNormalizer" else {
      throw unsupported(
        "the normalizer \(type)", "null and BertNormalizer are for WordPiece models")
    }
    let lowercases = normalizer["lowercase"]?.bool ?? true
    return CharacterCodeBuilder.Settings(
      cleansText: normalizer["clean_text"]?.bool ?? true,
      isolatesChinese: normalizer["handle_chinese_chars"]?.bool ?? true,
      stripsAccents: normalizer["strip_accents"]?.bool ?? lowercases, lowercases: lowercases)
  }

  // MARK: Both

  /// The added tokens; those that the model lacks become further pieces.
  private func addedTokens(_ pieces: inout [[UInt8]]) throws -> [AddedToken] {
    var known: [[UInt8]: Int] = [:]
    for (id, piece) in pieces.enumerated() where !piece.isEmpty { known[piece] = id }
    return try (json["added_tokens"]?.array ?? []).compactMap { entry -> AddedToken? in
      guard let content = entry["content"]?.string, let given = entry["id"]?.integer,
        (0...Self.greatestID).contains(given)
      else { throw invalid("one of its `added_tokens` has no `content` or no usable `id`") }
      if content.isEmpty { return nil }
      if entry["single_word"]?.bool == true {
        throw unsupported("single_word of the added token `\(content)`", "set it to false")
      }
      let text = Array(content.utf8)
      let id = known[text] ?? given
      if id >= pieces.count { pieces += repeatElement([], count: id + 1 - pieces.count) }
      if known[text] == nil {
        guard pieces[id].isEmpty else {
          throw invalid("the added token `\(content)` has the id of another piece, \(id)")
        }
        pieces[id] = text
        known[text] = id
      }
      return AddedToken(
        text: text, id: id, stripsLeft: entry["lstrip"]?.bool ?? false,
        stripsRight: entry["rstrip"]?.bool ?? false,
        isNormalized: entry["normalized"]?.bool ?? false,
        isSpecial: entry["special"]?.bool ?? false)
    }
  }
}
