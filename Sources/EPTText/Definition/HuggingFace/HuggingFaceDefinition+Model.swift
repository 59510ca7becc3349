import EPTFormat

extension HuggingFaceDefinition {
  /// The model with its own pieces.
  func read(_ model: JSON) throws -> (Vocabulary, TokenizerParts.Model) {
    // Older files name no type.
    let type =
      model["type"]?.string
      ?? (model["merges"] != nil
        ? "BPE" : model["continuing_subword_prefix"] == nil ? "?" : "WordPiece")
    switch type {
    case "Unigram": return try unigram(model)
    case "WordPiece": return try wordPiece(model)
    case "BPE": return try bytePair(model)
    default: throw unsupported("the model `\(type)`", "Unigram, WordPiece and BPE are")
    }
  }

  private func unigram(_ model: JSON) throws -> (Vocabulary, TokenizerParts.Model) {
    guard let list = model["vocab"]?.array, !list.isEmpty else {
      throw invalid("its model has no `vocab` list")
    }
    var pieces: [[UInt8]] = []
    var scores: [Double] = []
    for (id, entry) in list.enumerated() {
      guard let pair = entry.array, pair.count == 2, let piece = pair[0].string,
        let score = pair[1].number
      else { throw invalid("entry \(id) of its `vocab` is no pair of piece and score") }
      pieces.append(Array(piece.utf8))
      scores.append(ReferenceNumber.read(score))
    }
    guard let unknown = model["unk_id"]?.integer, pieces.indices.contains(unknown) else {
      throw invalid("its `unk_id` is missing or no piece")
    }
    return (
      Vocabulary(list: pieces, source: source),
      .unigram(
        UnigramParts(
          scores: scores, unknown: unknown,
          fallsBackToBytes: model["byte_fallback"]?.bool ?? false))
    )
  }

  private func wordPiece(_ model: JSON) throws -> (Vocabulary, TokenizerParts.Model) {
    let vocabulary = try Vocabulary(object: model["vocab"], source: source)
    let name = model["unk_token"]?.string ?? "[UNK]"
    guard let unknown = vocabulary.id(Array(name.utf8)) else {
      throw invalid("its `unk_token` `\(name)` is not in its vocabulary")
    }
    return (
      vocabulary,
      .wordPiece(
        WordPieceParts(
          unknown: unknown,
          continuationPrefix: Array((model["continuing_subword_prefix"]?.string ?? "##").utf8),
          longestWord: model["max_input_chars_per_word"]?.integer ?? 100))
    )
  }

  private func bytePair(_ model: JSON) throws -> (Vocabulary, TokenizerParts.Model) {
    let vocabulary = try Vocabulary(object: model["vocab"], source: source)
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[key]?.string, !text.isEmpty {
        throw unsupported("the \(key) `\(text)` of a BPE model", "none is")
      }
    }
    if let dropout = model["dropout"]?.number, dropout > 0 {
      throw unsupported("dropout in a BPE model, which makes ids random,", "set it to null")
    }
    guard let list = model["merges"]?.array else { throw invalid("its model has no `merges`") }
    let merges = try list.enumerated().map { rank, entry in
      let parts =
        entry.string.map { Array($0.utf8).split(separator: 0x20, omittingEmptySubsequences: false) }
        ?? (entry.array ?? []).compactMap { $0.string.map { Array($0.utf8)[...] } }
      guard parts.count == 2 else { throw invalid("entry \(rank) of its `merges` is no pair") }
      return (left: Array(parts[0]), right: Array(parts[1]))
    }
    return (
      vocabulary,
      .bytePair(
        BytePairParts(
          merges: merges,
          unknown: try unknown(model["unk_token"]?.string, vocabulary),
          fusesUnknown: model["fuse_unk"]?.bool ?? false,
          fallsBackToBytes: model["byte_fallback"]?.bool ?? false,
          ignoresMerges: model["ignore_merges"]?.bool ?? false))
    )
  }

  private func unknown(_ name: String?, _ vocabulary: Vocabulary) throws -> Int? {
    guard let name, !name.isEmpty else { return nil }
    guard let id = vocabulary.id(Array(name.utf8)) else {
      throw invalid("its `unk_token` `\(name)` is not in its vocabulary")
    }
    return id
  }
}

extension Vocabulary {
  /// A vocabulary from an object with an id for each piece.
  ///
  /// - Throws: `TextError.invalid`.
  init(object: JSON?, source: String) throws {
    guard let members = object?.object, !members.isEmpty else {
      throw TextError.invalid(source: source, reason: "its model has no `vocab`")
    }
    var pieces: [[UInt8]] = []
    // Ids may leave gaps, but every id costs memory.
    let greatest = min(HuggingFaceDefinition.greatestID, (1 << 16) + 8 * members.count)
    for member in members {
      guard let id = member.value.integer, (0...greatest).contains(id) else {
        throw TextError.invalid(
          source: source,
          reason: "the id of `\(member.key)` is not in 0...\(greatest), for \(members.count) pieces"
        )
      }
      if id >= pieces.count { pieces += repeatElement([], count: id + 1 - pieces.count) }
      guard pieces[id].isEmpty else {
        throw TextError.invalid(
          source: source,
          reason: "`\(member.key)` has the id of another piece of its vocabulary, \(id)")
      }
      pieces[id] = Array(member.key.utf8)
    }
    self.init(pieces: pieces, source: source)
  }
}
