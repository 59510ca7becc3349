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
    frequent = try reader.values(.frequentPieces, of: Int32.self)
    guard frequent.allSatisfy({ $0 >= 0 && $0 < pieces.count }) else {
      throw TableReader.fault("a frequent piece is none")
    }
    func matcher(_ section: TableSection) throws -> AddedTokens? {
      guard reader.has(section) else { return nil }
      guard let trie = DoubleArray(try reader.values(section, of: UInt32.self)) else {
        throw TableReader.fault("section \(section.rawValue) is empty")
      }
      return AddedTokens(trie: trie, tokens: tokens)
    }
    self.pieces = pieces
    self.template = template
    addedTokens = try matcher(.addedTrie)
    normalizedAddedTokens = try matcher(.normalizedAddedTrie)
  }

  /// See `Tokenizer`.
  func frequentPieces(limit: Int) -> [Int32] {
    Array(frequent.prefix(max(limit, 0)))
  }
}
