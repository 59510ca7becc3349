/// Lays a definition out as tables.
///
/// What is the same for all models is here, each model's part in a file beside this one.
struct TokenizerCompiler {
  let parts: TokenizerParts
  var source: String { parts.source }
  var pieces: [[UInt8]] { parts.vocabulary.pieces }

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
    case .bytePair(let bytePair):
      try add(bytePair, to: &writer)
      return writer.bytes(kind: .bytePair)
    }
  }

  func invalid(_ reason: String) -> TextError {
    .invalid(source: source, reason: reason)
  }

  func unsupported(_ what: String, _ hint: String) -> TextError {
    .unsupported(source: source, what: what, hint: hint)
  }

  private func addCommon(to writer: inout TableWriter) throws {
    var offsets: [UInt32] = [0]
    guard pieces.reduce(0, { $0 + $1.count }) <= Int(Int32.max) else {
      throw invalid("its pieces have more than 2 GiB")
    }
    for piece in pieces { offsets.append((offsets.last ?? 0) + UInt32(piece.count)) }
    writer.add(.pieceOffsets, values: offsets)
    writer.add(.pieceBytes, Array(pieces.joined()))
    writer.add(.template, values: parts.template.values)
    let tokens = parts.vocabulary.addedTokens
    writer.add(.addedTokens, values: tokens.flatMap { [UInt32($0.id), $0.flags] })
    let plain = tokens.enumerated().filter { !$0.element.isNormalized }
    if !plain.isEmpty {
      let entries = plain.map { ($0.element.text, $0.offset) }
      writer.add(.addedTrie, values: try DoubleArrayBuilder(entries, source: source).units)
    }
    if tokens.contains(where: \.isWord) {
      var words = [UInt8](repeating: 0, count: 0x11_0000)
      for scalar in UnicodeData.runs(UnicodeData.wordCharacter).joined() { words[Int(scalar)] = 1 }
      let stages = ScalarTableBuilder(words)
      writer.add(.wordIndex, values: stages.index)
      writer.add(.wordScalars, stages.values)
    }
  }

  /// Adds the normalizer, and with it the tokens that are looked for in what it makes.
  func addNormalizer(
    _ steps: [NormalizerStep], patterns: inout PatternTablesBuilder, to writer: inout TableWriter
  ) throws {
    var normalizer = NormalizerTablesBuilder(source: source)
    for step in steps.flatMap(\.singleSteps) { try normalizer.add(step, patterns: &patterns) }
    patterns.add(to: &writer)
    try normalizer.add(to: &writer)
    let tokens = parts.vocabulary.addedTokens.enumerated().filter { $0.element.isNormalized }
    let bytes = writer.bytes(kind: .unigram)
    let copy = bytes.withUnsafeBytes { AlignedBytes(copying: $0) }
    let entries = try withExtendedLifetime(copy) {
      let normalizer = try self.normalizer(TableReader(copy.bytes, keeping: copy))
      return tokens.map { token in
        (key: normalizer.normalized(token.element.text), value: token.offset)
      }
    }
    guard !entries.isEmpty else { return }
    writer.add(.normalizedAddedTrie, values: try DoubleArrayBuilder(entries, source: source).units)
  }

  private func normalizer(_ reader: TableReader) throws -> TextNormalizer {
    let normalizer = try TextNormalizer(reader, greatestGrowth: .infinity)
    guard normalizer.growth <= TextNormalizer.greatestGrowth else {
      throw unsupported(
        "a normalizer that can make a text \(Int(min(normalizer.growth, 1e15))) times as long",
        "up to \(Int(TextNormalizer.greatestGrowth)) times is")
    }
    return normalizer
  }

  /// Ids that stand for no text of their own.
  func special(unknown: Int?) -> Set<Int> {
    var ids = Set(parts.vocabulary.addedTokens.map(\.id))
    if let unknown { ids.insert(unknown) }
    for item in parts.template.single + parts.template.pair {
      if case .token(let id) = item.content { ids.insert(Int(id)) }
    }
    return ids
  }

  /// Ordinary pieces in the vocabulary's order, which is that of frequency.
  ///
  /// Single characters come first in a vocabulary whatever their frequency, so they are moved to
  /// the end.
  func frequentTokens(unknown: Int?) -> [Int32] {
    let special = special(unknown: unknown)
    var several: [Int32] = []
    var characters: [Int32] = []
    for (id, piece) in pieces.enumerated() where !special.contains(id) && !piece.isEmpty {
      let text = String(decoding: piece, as: UTF8.self)
      if text.hasPrefix("[unused") { continue }
      if text.unicodeScalars.count == 1 {
        characters.append(Int32(id))
      } else {
        several.append(Int32(id))
      }
    }
    return several + characters
  }

  /// Adds the steps of a pre-tokenizer that are tables of their own.
  func addPreTokenizer(
    _ steps: [PreTokenizerStep], patterns: inout PatternTablesBuilder, to writer: inout TableWriter
  ) throws {
    func flag(_ isSet: Bool) -> UInt32 { isSet ? PreTokenizer.flag : 0 }
    var values: [UInt32] = []
    for step in steps {
      switch step {
      case .split(let node, let behavior, let isInverted):
        values += [
          PreTokenizer.StepKind.split.rawValue, try number(of: node, in: &patterns),
          behavior.rawValue | flag(isInverted),
        ]
      case .prefixSpace: values += [PreTokenizer.StepKind.prefixSpace.rawValue, 0, 0]
      case .metaspace(let metaspace):
        values += [
          PreTokenizer.StepKind.metaspace.rawValue, metaspace.scalar.value,
          metaspace.prepending.rawValue | flag(metaspace.splits),
        ]
      // The model knows.
      case .byteLevel: break
      case .bert: throw unsupported("BertPreTokenizer for this model", "it is for WordPiece models")
      }
    }
    writer.add(.preTokenizerSteps, values: values)
  }

  private func number(
    of node: PatternNode, in patterns: inout PatternTablesBuilder
  ) throws -> UInt32 {
    do {
      return try patterns.number(of: node)
    } catch let fault as PatternSyntax.Fault {
      throw unsupported("a pattern of its pre-tokenizer, for \(fault.reason),", "simplify it")
    }
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
