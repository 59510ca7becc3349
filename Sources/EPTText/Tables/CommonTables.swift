/// The sections that every kind of tokenizer has.
struct CommonTables: @unchecked Sendable {
  let pieces: PieceList
  let template: Template
  let addedTokens: AddedTokens?
  let normalizedAddedTokens: AddedTokens?
  /// Ids that stand for no text of a user's.
  let special: Set<Int32>
  private let frequent: UnsafeBufferPointer<Int32>

  /// - Throws: `TextError.invalid`.
  init(_ reader: TableReader) throws {
    guard
      let pieces = PieceList(
        offsets: try reader.values(.pieceOffsets, of: UInt32.self),
        bytes: try reader.values(.pieceBytes, of: UInt8.self))
    else { throw TableReader.fault("the pieces do not fit") }
    guard
      let template = Template(
        values: try reader.values(.template, of: UInt32.self), vocabularySize: pieces.count)
    else { throw TableReader.fault("the template of special tokens does not fit") }
    let tokens = try reader.values(.addedTokens, of: UInt32.self)
    guard stride(from: 0, to: tokens.count, by: 2).allSatisfy({ tokens[$0] < pieces.count }) else {
      throw TableReader.fault("an added token is no piece")
    }
    special = Set(
      stride(from: 0, to: tokens.count, by: 2)
        .filter { tokens[$0 + 1] & AddedTokens.isSpecial != 0 }
        .map { Int32(truncatingIfNeeded: tokens[$0]) })
    frequent = try reader.values(.frequentTokens, of: Int32.self)
    guard frequent.allSatisfy({ $0 >= 0 && $0 < pieces.count }) else {
      throw TableReader.fault("a frequent piece is none")
    }
    var words: ScalarTable<UInt8>?
    if reader.has(.wordIndex) {
      words = ScalarTable(
        index: try reader.values(.wordIndex, of: UInt16.self),
        values: try reader.values(.wordScalars, of: UInt8.self))
      guard words != nil else { throw TableReader.fault("the scalars of words do not fit") }
    }
    func matcher(_ section: TableSection) throws -> AddedTokens? {
      guard reader.has(section) else { return nil }
      guard let trie = DoubleArray(try reader.values(section, of: UInt32.self)) else {
        throw TableReader.fault("section \(section.rawValue) is empty")
      }
      return AddedTokens(trie: trie, tokens: tokens, words: words)
    }
    self.pieces = pieces
    self.template = template
    addedTokens = try matcher(.addedTrie)
    normalizedAddedTokens = try matcher(.normalizedAddedTrie)
  }

  /// See `Tokenizer`.
  func frequentTokens(limit: Int) -> [Int32] {
    Array(frequent.prefix(max(limit, 0)))
  }

  /// Calls `text` with each part of a text that holds no added token, normalized, and whether it is the
  /// very beginning; `token` with the ids of the tokens between them.
  @inline(__always)
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ normalizer: TextNormalizer,
    into normalized: inout ByteBuffer, spare: inout ByteBuffer,
    text: (UnsafeBufferPointer<UInt8>, Bool) -> Void, token: (Int32) -> Void
  ) {
    guard let addedTokens else {
      split(
        normalizing: bytes, isFirst: true, normalizer, &normalized, &spare, text: text,
        token: token)
      return
    }
    addedTokens.split(bytes) { part in
      switch part {
      case .token(let id): token(id)
      case .text(let range):
        split(
          normalizing: UnsafeBufferPointer(rebasing: bytes[range]),
          isFirst: range.lowerBound == 0, normalizer, &normalized, &spare, text: text,
          token: token)
      }
    }
  }

  private func split(
    normalizing bytes: UnsafeBufferPointer<UInt8>, isFirst: Bool, _ normalizer: TextNormalizer,
    _ normalized: inout ByteBuffer, _ spare: inout ByteBuffer,
    text: (UnsafeBufferPointer<UInt8>, Bool) -> Void, token: (Int32) -> Void
  ) {
    var bytes = bytes
    if !normalizer.isIdentity {
      normalizer.apply(bytes, to: &normalized, spare: &spare)
      bytes = normalized.bytes
    }
    guard let normalizedAddedTokens else {
      text(bytes, isFirst)
      return
    }
    normalizedAddedTokens.split(bytes) { part in
      switch part {
      case .token(let id): token(id)
      case .text(let range):
        text(
          UnsafeBufferPointer(rebasing: bytes[range]), isFirst && range.lowerBound == 0)
      }
    }
  }
}
