/// Opens compiled tokenizers.
public enum TokenizerTables {
  /// The tokenizer whose tables `TokenizerDefinition` compiled, used in place.
  ///
  /// Nothing is parsed. The directory, a few hundred offsets and the list of pieces are checked.
  /// Every later look-up is covered by these checks or checked itself, so no content of `bytes`
  /// can lead outside of them.
  ///
  /// - Parameters:
  ///   - bytes: the tables; they are copied if they are not 8-byte aligned.
  ///   - owner: keeps `bytes` alive as long as the tokenizer lives.
  /// - Returns: a tokenizer that any number of threads may use at once.
  /// - Throws: `TextError`.
  public static func open(
    _ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject & Sendable
  ) throws -> any Tokenizer {
    let reader = try TableReader(bytes, keeping: owner)
    switch reader.kind {
    case .unigram: return try UnigramTokenizer(reader)
    case .wordPiece: return try WordPieceTokenizer(reader)
    case .bytePair: return try BytePairTokenizer(reader)
    }
  }

  /// The tokenizer whose tables are in `bytes`, which are copied.
  ///
  /// - Throws: `TextError`.
  public static func open(_ bytes: [UInt8]) throws -> any Tokenizer {
    let copy = bytes.withUnsafeBytes { AlignedBytes(copying: $0) }
    return try open(copy.bytes, keeping: copy)
  }
}
