/// A tokenizer of the T5 kind: character map, words, metaspaces, Unigram model.
final class UnigramTokenizer: Detokenizer, @unchecked Sendable {
  private let owner: AnyObject & Sendable
  private let common: CommonTables
  private let normalizer: TextNormalizer
  private let model: UnigramModel
  private let settings: UnigramSettings
  private let metaspace: [UInt8]

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ tables: TableReader) throws {
    owner = tables.owner
    common = try CommonTables(tables)
    let scores = try tables.values(.scores, of: Double.self)
    guard scores.count <= common.pieces.count,
      let trie = DoubleArray(try tables.values(.pieceTrie, of: UInt32.self)),
      let settings = UnigramSettings(
        values: try tables.values(.settings, of: UInt32.self), pieces: scores.count)
    else { throw TableReader.fault("the Unigram model contradicts itself") }
    self.settings = settings
    metaspace = UTF8Scalar.encode(settings.metaspace.value)
    model = UnigramModel(trie: trie, scores: scores, unknown: settings.unknown)
    normalizer = try TextNormalizer(tables)
  }

  var vocabularySize: Int { common.pieces.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    common.template.assemble(tokens(of: first), second.map { tokens(of: $0) }, limit: limit)
  }

  func piece(_ id: Int32) -> String? { common.pieces[id] }

  func frequentPieces(limit: Int) -> [Int32] { common.frequentPieces(limit: limit) }

  /// Metaspaces become spaces; those of the first piece vanish if one was put in front.
  func text(of ids: [Int32]) -> String {
    let pieces = ids.filter { !common.special.contains($0) }.compactMap { common.pieces[$0] }
    var text = ""
    for (index, piece) in pieces.enumerated() {
      for scalar in piece.unicodeScalars {
        if scalar != settings.metaspace {
          text.unicodeScalars.append(scalar)
        } else if index > 0 || settings.prepending == .never {
          text += " "
        }
      }
    }
    return text
  }

  func tokens(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var run = UnigramRun(capacity: bytes.count)
      guard let addedTokens = common.addedTokens else {
        append(bytes, isFirst: true, to: &run)
        return run.output
      }
      addedTokens.split(bytes) { part in
        switch part {
        case .token(let id): run.output.append(id)
        case .text(let range):
          append(
            UnsafeBufferPointer(rebasing: bytes[range]), isFirst: range.lowerBound == 0, to: &run)
        }
      }
      return run.output
    }
  }

  /// Appends the tokens of a text that holds no token to be found before normalization.
  private func append(
    _ bytes: UnsafeBufferPointer<UInt8>, isFirst: Bool, to run: inout UnigramRun
  ) {
    if !normalizer.isIdentity {
      normalizer.apply(bytes, to: &run.normalized, spare: &run.spare)
    }
    let normalized = normalizer.isIdentity ? bytes : run.normalized.bytes
    guard let normalizedAddedTokens = common.normalizedAddedTokens else {
      appendWords(normalized, isFirst: isFirst, to: &run)
      return
    }
    normalizedAddedTokens.split(normalized) { part in
      switch part {
      case .token(let id): run.output.append(id)
      case .text(let range):
        appendWords(
          UnsafeBufferPointer(rebasing: normalized[range]),
          isFirst: isFirst && range.lowerBound == 0, to: &run)
      }
    }
  }

  private func appendWords(
    _ bytes: UnsafeBufferPointer<UInt8>, isFirst: Bool, to run: inout UnigramRun
  ) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    guard settings.splitsOnWhitespace else {
      appendWord(base, from: 0, to: bytes.count, isFirst: isFirst, to: &run)
      return
    }
    var start = 0
    var position = 0
    while position < bytes.count {
      let length = whitespaceLength(base, at: position, end: bytes.count)
      guard length > 0 else {
        position += 1
        continue
      }
      appendWord(base, from: start, to: position, isFirst: false, to: &run)
      position += length
      start = position
    }
    appendWord(base, from: start, to: position, isFirst: false, to: &run)
  }

  /// Appends the tokens of `start..<end`: spaces become metaspaces, one is put in front, and each
  /// begins a piece of its own.
  private func appendWord(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isFirst: Bool,
    to run: inout UnigramRun
  ) {
    guard end > start else { return }
    run.word.removeAll()
    let isPrefixed = settings.prepending == .always || settings.prepending == .first && isFirst
    if isPrefixed, bytes[start] != 0x20, !beginsWithMetaspace(bytes, start, end) {
      append(metaspace, to: &run.word)
    }
    for position in start..<end {
      if bytes[position] == 0x20 {
        append(metaspace, to: &run.word)
      } else {
        run.word.append(bytes[position])
      }
    }
    let word = UnsafePointer(run.word.base)
    let count = run.word.count
    var pieceStart = 0
    if settings.splitsOnMetaspace {
      for position in stride(from: 1, to: count, by: 1)
      where word[position] == metaspace[0] && beginsWithMetaspace(word, position, count) {
        model.append(
          word, from: pieceStart, to: position, workspace: &run.workspace, to: &run.output)
        pieceStart = position
      }
    }
    model.append(word, from: pieceStart, to: count, workspace: &run.workspace, to: &run.output)
  }

  @inline(__always)
  private func beginsWithMetaspace(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int)
    -> Bool
  {
    guard bytes[start] == metaspace[0], end - start >= metaspace.count else { return false }
    return metaspace.indices.allSatisfy { bytes[start + $0] == metaspace[$0] }
  }

  @inline(__always)
  private func append(_ text: [UInt8], to buffer: inout ByteBuffer) {
    for byte in text { buffer.append(byte) }
  }
}

/// The memory of one call.
private struct UnigramRun: ~Copyable {
  var output: [Int32] = []
  var normalized: ByteBuffer
  var spare = ByteBuffer(capacity: 0)
  var word = ByteBuffer(capacity: 256)
  var workspace = UnigramModel.Workspace()

  init(capacity: Int) {
    normalized = ByteBuffer(capacity: capacity + capacity / 2)
    output.reserveCapacity(capacity / 3 + 8)
  }
}
