extension TokenizerCompiler {
  func add(_ unigram: UnigramParts, to writer: inout TableWriter) throws {
    if let id = unigram.scores.firstIndex(where: { !$0.isFinite }) {
      throw invalid(
        "the score of its piece `\(String(decoding: pieces[id], as: UTF8.self))` is "
          + "\(unigram.scores[id])")
    }
    guard case .metaspace(let metaspace) = parts.preTokenizer.last else {
      throw unsupported(
        "a Unigram model whose pre-tokenizer does not end with Metaspace",
        "Metaspace, alone or after others, is")
    }
    let splits = parts.preTokenizer.dropLast()
    let isPlain = splits.isEmpty || splits == [.whitespaceSplit] && metaspace.prepending != .first
    let settings = UnigramSettings(
      unknown: Int32(unigram.unknown), splitsOnWhitespace: isPlain && !splits.isEmpty,
      metaspace: metaspace.scalar, prepending: metaspace.prepending,
      splitsOnMetaspace: metaspace.splits)
    let scored = pieces.prefix(unigram.scores.count)
    let entries = scored.enumerated().map { (key: $1, value: $0) }
    writer.add(.settings, values: settings.values)
    writer.add(.pieceTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    writer.add(.scores, values: unigram.scores)
    let special = special(unknown: unigram.unknown)
    let frequent = scored.indices.filter { !special.contains($0) && !scored[$0].isEmpty }
      .sorted { (unigram.scores[$1], $0) < (unigram.scores[$0], $1) }
    writer.add(.frequentTokens, values: frequent.map { Int32($0) })
    if unigram.fallsBackToBytes {
      let own = Dictionary(
        entries.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
      let bytes = BytePieces.fallback { own[$0] }
      writer.add(.bytePieces, values: bytes)
    }
    var patterns = PatternTablesBuilder()
    if !isPlain { try addPreTokenizer(parts.preTokenizer, patterns: &patterns, to: &writer) }
    try addNormalizer(parts.normalizer, patterns: &patterns, to: &writer)
  }
}
