/// Puts a byte-pair model into tables.
struct BytePairTablesBuilder {
  private let parts: BytePairParts
  private let isByteLevel: Bool
  private let source: String
  /// What each of the model's pieces stands for; nil for what can be no part of a word.
  private let texts: [[UInt8]?]
  private let ids: [[UInt8]: Int]

  /// Pieces that only added tokens have are left out.
  init(parts: BytePairParts, vocabulary: Vocabulary, isByteLevel: Bool, source: String) {
    self.parts = parts
    self.isByteLevel = isByteLevel
    self.source = source
    var ids: [[UInt8]: Int] = [:]
    texts = vocabulary.pieces.enumerated().map { id, piece in
      guard !piece.isEmpty, !vocabulary.addedIDs.contains(id) else { return nil }
      ids[piece] = id
      return isByteLevel ? ByteLevel.bytes(of: piece) : piece
    }
    self.ids = ids
  }

  /// - Throws: `TextError`.
  mutating func add(to writer: inout TableWriter) throws {
    let merges = try self.merges()
    let table = MergeTableBuilder(merges)
    var settings = BytePairSettings(
      unknown: parts.unknown.map { Int32($0) }, isByteLevel: isByteLevel,
      fusesUnknown: parts.fusesUnknown)
    let bytes = bytePieces()
    if !isByteLevel, !parts.ignoresMerges, canCut() { settings.cut = "\u{2581}" }
    // A word that its pairs make one piece of is looked up as a whole.
    let words = try parts.ignoresMerges ? allTexts() : wholeWords(settings, table, bytes)
    add(settings, table, bytes, try DoubleArrayBuilder(words, source: source), to: &writer)
  }

  private func add(
    _ settings: BytePairSettings, _ merges: MergeTableBuilder, _ bytes: [UInt32]?,
    _ words: DoubleArrayBuilder, to writer: inout TableWriter
  ) {
    writer.add(.settings, values: settings.values)
    writer.add(.mergeSlots, values: merges.slots)
    writer.add(.mergedPieces, values: merges.merged)
    if let bytes { writer.add(.bytePieces, values: bytes) }
    writer.add(.pieceTrie, values: words.units)
  }

  private func merges() throws -> [(left: Int, right: Int, merged: Int)] {
    try parts.merges.enumerated().map { rank, pair in
      func id(_ text: [UInt8]) throws -> Int {
        guard let id = ids[text] else {
          throw TextError.invalid(
            source: source,
            reason:
              "merge \(rank) uses `\(String(decoding: text, as: UTF8.self))`, which is no piece")
        }
        return id
      }
      return (try id(pair.left), try id(pair.right), try id(pair.left + pair.right))
    }
  }

  /// The piece of each byte.
  private func bytePieces() -> [UInt32]? {
    if isByteLevel {
      return ByteLevel.scalars.map { scalar in
        ids[UTF8Scalar.encode(scalar)].map { UInt32($0) } ?? BytePieces.missing
      }
    }
    return parts.fallsBackToBytes ? BytePieces.fallback { ids[$0] } : nil
  }

  /// Whether no pair joins a metaspace to another character before it, so that words may be cut there.
  private func canCut() -> Bool {
    let metaspace = UTF8Scalar.encode(0x2581)
    return ids[metaspace] != nil
      && !parts.merges.contains { pair in
        pair.right.starts(with: metaspace)
          && !pair.left.reversed().starts(with: metaspace.reversed())
      }
  }

  private func allTexts() throws -> [(key: [UInt8], value: Int)] {
    let words = texts.enumerated().compactMap { id, text in text.map { (key: $0, value: id) } }
    return words.filter { !($0.key.contains(0) && isByteLevel && $0.key.count == 1) }
  }

  /// The pieces that come out when their own text is cut.
  private func wholeWords(
    _ settings: BytePairSettings, _ merges: MergeTableBuilder, _ bytes: [UInt32]?
  ) throws -> [(key: [UInt8], value: Int)] {
    let all = texts.enumerated().compactMap { id, text in
      // A trie holds no zero byte; such words go the long way.
      text.flatMap { $0.contains(0) && isByteLevel ? nil : (key: $0, value: id) }
    }
    let single = all.filter { UTF8Scalar.length(lead: $0.key[0], limit: .max) == $0.key.count }
    var writer = TableWriter()
    add(
      settings, merges, bytes,
      try DoubleArrayBuilder(isByteLevel ? [] : single, source: source), to: &writer)
    let copy = writer.bytes(kind: .bytePair).withUnsafeBytes { AlignedBytes(copying: $0) }
    return try withExtendedLifetime(copy) {
      let model = try BytePairModel(
        try TableReader(copy.bytes, keeping: copy), pieces: texts.count)
      var merger = PairMerger()
      return all.filter { word in
        var output: [Int32] = []
        word.key.withUnsafeBufferPointer { bytes in
          guard let base = bytes.baseAddress else { return }
          model.merge(base, from: 0, to: bytes.count, merger: &merger, to: &output)
        }
        return output == [Int32(word.value)]
      }
    }
  }
}
