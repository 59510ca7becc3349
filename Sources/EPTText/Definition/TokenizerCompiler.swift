/// Lays a definition out as tables.
struct TokenizerCompiler {
  private let parts: TokenizerParts
  private var source: String { parts.source }

  init(_ parts: TokenizerParts) {
    self.parts = parts
  }

  /// The tables.
  ///
  /// - Throws: `TextError`.
  func tables() throws -> [UInt8] {
    var writer = TableWriter()
    try addCommon(to: &writer)
    switch parts.model {
    case .unigram(let unigram):
      try add(unigram, to: &writer)
      return writer.bytes(kind: .unigram)
    case .wordPiece(let wordPiece):
      try add(wordPiece, to: &writer)
      return writer.bytes(kind: .wordPiece)
    }
  }

  private func addCommon(to writer: inout TableWriter) throws {
    var offsets: [UInt32] = [0]
    for piece in parts.pieces { offsets.append((offsets.last ?? 0) + UInt32(piece.count)) }
    writer.add(.pieceOffsets, values: offsets)
    writer.add(.pieceBytes, Array(parts.pieces.joined()))
    writer.add(.template, values: parts.template.values)
    writer.add(
      .addedTokens,
      values: parts.addedTokens.flatMap { token in
        [
          UInt32(token.id),
          (token.stripsLeft ? AddedTokens.stripsLeft : 0)
            | (token.stripsRight ? AddedTokens.stripsRight : 0)
            | (token.isSpecial ? AddedTokens.isSpecial : 0),
        ]
      })
    let numbered = Array(parts.addedTokens.enumerated())
    let plain = numbered.filter { !$0.element.isNormalized }
    if !plain.isEmpty {
      let entries = plain.map { ($0.element.text, $0.offset) }
      writer.add(.addedTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    }
  }

  /// Ids that stand for no text of their own.
  private func special(unknown: Int) -> Set<Int> {
    var ids = Set(parts.addedTokens.map(\.id)).union([unknown])
    for item in parts.template.single + parts.template.pair {
      if case .token(let id) = item.content { ids.insert(Int(id)) }
    }
    return ids
  }

  // MARK: Unigram

  private func add(_ unigram: UnigramParts, to writer: inout TableWriter) throws {
    let scored = parts.pieces.prefix(unigram.scores.count)
    let entries = scored.enumerated().map { (key: $1, value: $0) }
    writer.add(.settings, values: unigram.settings.values)
    writer.add(.pieceTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    writer.add(.scores, values: unigram.scores)
    let special = special(unknown: Int(unigram.settings.unknown))
    let frequent = scored.indices.filter { !special.contains($0) && !scored[$0].isEmpty }
      .sorted { (unigram.scores[$1], $0) < (unigram.scores[$0], $1) }
    writer.add(.frequentPieces, values: frequent.map { Int32($0) })
    try addSteps(unigram.steps, to: &writer)
    try addNormalizedTokens(to: &writer)
  }

  private func addSteps(_ steps: [UnigramParts.Step], to writer: inout TableWriter) throws {
    var values: [UInt32] = []
    var texts: [UInt8] = []
    func place(_ text: [UInt8]) -> [UInt32] {
      defer { texts += text }
      return [UInt32(texts.count), UInt32(text.count)]
    }
    func kind(_ kind: TextNormalizer.StepKind) -> [UInt32] { [kind.rawValue] }
    for step in steps {
      switch step {
      case .characterMap(let blob):
        values += kind(.characterMap) + [0, 0, 0, 0]
        try addCharacterMap(blob, to: &writer)
      case .strip(let left, let right):
        values += kind(.strip) + [left ? 1 : 0, right ? 1 : 0, 0, 0]
      case .replace(let pattern, let content):
        values += kind(.replace) + place(pattern) + place(content)
      case .replaceSpaces(let content):
        values += kind(.replaceSpaces) + place(content) + [0, 0]
      }
    }
    writer.add(.normalizerSteps, values: values)
    writer.add(.normalizerTexts, texts)
  }

  private func addCharacterMap(_ blob: [UInt8], to writer: inout TableWriter) throws {
    func fault(_ reason: String) -> TextError {
      .invalid(source: source, reason: "the precompiled character map \(reason)")
    }
    guard blob.count >= 4 else { throw fault("has no length") }
    let length = (0..<4).reduce(0) { $0 | Int(blob[$1]) << (8 * $1) }
    guard length > 0, length % 4 == 0, length <= blob.count - 4 else {
      throw fault("has a wrong length")
    }
    let units = stride(from: 4, to: 4 + length, by: 4).map { start in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(blob[start + $1]) << UInt32(8 * $1) }
    }
    let texts = Array(blob[(4 + length)...])
    guard String(validating: texts, as: UTF8.self) != nil else { throw fault("is not UTF-8") }
    let ascii = units.withUnsafeBufferPointer { buffer in
      DoubleArray(buffer).map { CharacterMap.asciiTable(trie: $0, texts: texts) }
    }
    guard let ascii else { throw fault("is empty") }
    writer.add(.mapTrie, values: units)
    writer.add(.mapTexts, texts)
    writer.add(.mapASCII, ascii)
    let classes = ScalarTableBuilder(GraphemeClass.table())
    writer.add(.graphemeIndex, values: classes.index)
    writer.add(.graphemeClasses, classes.values)
  }

  /// Adds the tokens that are looked for after normalization, themselves normalized.
  private func addNormalizedTokens(to writer: inout TableWriter) throws {
    let tokens = parts.addedTokens.enumerated().filter { $0.element.isNormalized }
    guard !tokens.isEmpty else { return }
    let bytes = writer.bytes(kind: .unigram)
    let copy = bytes.withUnsafeBytes { AlignedBytes(copying: $0) }
    let entries = try withExtendedLifetime(copy) {
      let normalizer = try TextNormalizer(try TableReader(copy.bytes, keeping: copy))
      return tokens.map { token in
        (key: normalizer.normalized(token.element.text), value: token.offset)
      }
    }
    writer.add(.normalizedAddedTrie, values: try DoubleArrayBuilder(entries, source: source).units)
  }

  // MARK: WordPiece

  private func add(_ wordPiece: WordPieceParts, to writer: inout TableWriter) throws {
    if let token = parts.addedTokens.first(where: \.isNormalized) {
      throw TextError.unsupported(
        source: source,
        what: "the added token `\(String(decoding: token.text, as: UTF8.self))` with normalized",
        hint: "set its `normalized` to false")
    }
    guard (1...WordPieceModel.greatestWordLimit).contains(wordPiece.longestWord) else {
      throw TextError.invalid(
        source: source,
        reason: "max_input_chars_per_word \(wordPiece.longestWord) is not in "
          + "1...\(WordPieceModel.greatestWordLimit)")
    }
    writer.add(.settings, values: [UInt32(wordPiece.unknown), UInt32(wordPiece.longestWord)])
    let entries = parts.pieces.enumerated().map { (key: $1, value: $0) }
    writer.add(.pieceTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    let prefix = wordPiece.continuationPrefix
    let rests = entries.filter { $0.key.starts(with: prefix) }
      .map { (key: Array($0.key.dropFirst(prefix.count)), value: $0.value) }
    writer.add(.continuationTrie, values: try DoubleArrayBuilder(rests, source: source).units)
    writer.add(.frequentPieces, values: frequentPieces(unknown: wordPiece.unknown))
    let characters = CharacterCodeBuilder(wordPiece.characters)
    let codes = ScalarTableBuilder(characters.codes)
    writer.add(.characterIndex, values: codes.index)
    writer.add(.characterCodes, values: codes.values)
    writer.add(.characterRecords, values: characters.records)
    writer.add(.characterUnits, values: characters.units)
    writer.add(.characterASCII, characters.ascii)
  }

  /// Ordinary pieces in the vocabulary's order, which is that of frequency, except that the single
  /// characters, which stand before all others whatever their frequency, go to the end.
  private func frequentPieces(unknown: Int) -> [Int32] {
    let special = special(unknown: unknown)
    var pieces: [Int32] = []
    var characters: [Int32] = []
    for (id, piece) in parts.pieces.enumerated() where !special.contains(id) && !piece.isEmpty {
      let text = String(decoding: piece, as: UTF8.self)
      if text.hasPrefix("[unused") { continue }
      if text.unicodeScalars.count == 1 {
        characters.append(Int32(id))
      } else {
        pieces.append(Int32(id))
      }
    }
    return pieces + characters
  }
}

extension TextNormalizer {
  /// The normalized form of one text.
  fileprivate func normalized(_ text: [UInt8]) -> [UInt8] {
    var output = ByteBuffer(capacity: text.count)
    var spare = ByteBuffer(capacity: text.count)
    text.withUnsafeBufferPointer { apply($0, to: &output, spare: &spare) }
    return Array(output.bytes)
  }
}
