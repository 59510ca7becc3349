extension TokenizerCompiler {
  func add(_ wordPiece: WordPieceParts, to writer: inout TableWriter) throws {
    guard !parts.preTokenizer.contains(.byteLevel) else {
      throw unsupported("ByteLevel for a WordPiece model", "it is for BPE models")
    }
    guard (1...WordPieceModel.greatestWordLimit).contains(wordPiece.longestWord) else {
      throw invalid(
        "max_input_chars_per_word \(wordPiece.longestWord) is not in "
          + "1...\(WordPieceModel.greatestWordLimit)")
    }
    writer.add(.settings, values: [UInt32(wordPiece.unknown), UInt32(wordPiece.longestWord)])
    // Added tokens are found as they are, never as a word or a part of one.
    let entries = pieces.enumerated().map { (key: $1, value: $0) }
      .filter { !parts.vocabulary.addedIDs.contains($0.value) }
    writer.add(.pieceTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    let prefix = wordPiece.continuationPrefix
    let rests = entries.filter { $0.key.starts(with: prefix) }
      .map { (key: Array($0.key.dropFirst(prefix.count)), value: $0.value) }
    writer.add(.continuationTrie, values: try DoubleArrayBuilder(rests, source: source).units)
    writer.add(.frequentTokens, values: frequentTokens(unknown: wordPiece.unknown))
    var patterns = PatternTablesBuilder()
    guard parts.preTokenizer == [.bert], let settings = bertSettings else {
      try addPreTokenizer(
        parts.preTokenizer.map { $0 == .bert ? .bertWords : $0 }, patterns: &patterns, to: &writer)
      try addNormalizer(parts.normalizer, patterns: &patterns, to: &writer)
      return
    }
    let characters = CharacterCodeBuilder(settings)
    let codes = ScalarTableBuilder(characters.codes)
    writer.add(.characterIndex, values: codes.index)
    writer.add(.characterCodes, values: codes.values)
    writer.add(.characterRecords, values: characters.records)
    writer.add(.characterUnits, values: characters.units)
    writer.add(.characterASCII, characters.ascii)
    if parts.vocabulary.addedTokens.contains(where: \.isNormalized) {
      try addNormalizer(parts.normalizer, patterns: &patterns, to: &writer)
    }
  }

  /// What the word reader does, which normalizes and cuts at once; nil if the normalizer is no BERT's.
  private var bertSettings: CharacterCodeBuilder.Settings? {
    guard let step = parts.normalizer.first else {
      return CharacterCodeBuilder.Settings(
        cleansText: false, isolatesChinese: false, stripsAccents: false, lowercases: false)
    }
    guard case .bert(let settings) = step, parts.normalizer.count == 1 else { return nil }
    return settings
  }
}
