/// A tokenizer whose words are cut greedily into the longest pieces, as BERT's is.
final class WordPieceTokenizer: Tokenizer, @unchecked Sendable {
  /// Where words come from.
  private enum Words {
    /// BERT's normalizer and pre-tokenizer in one.
    case bert(WordReader)
    /// The same behind BERT's normalizer as text, where added tokens are looked for in that; without a
    /// byte of the second, an ASCII text holds none of them.
    case bertWithTokens(WordReader, TextNormalizer, ByteSet)
    case steps(TextNormalizer, PreTokenizer)
  }

  private let owner: AnyObject & Sendable
  private let common: CommonTables
  private let words: Words
  private let model: WordPieceModel

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ tables: TableReader) throws {
    owner = tables.owner
    let common = try CommonTables(tables)
    self.common = common
    model = try WordPieceModel(tables, pieces: common.pieces.count)
    if tables.has(.preTokenizerSteps) {
      words = .steps(try TextNormalizer(tables), try PreTokenizer(tables))
    } else if tables.has(.normalizerSteps) {
      let normalizer = try TextNormalizer(tables)
      let starts = common.normalizedAddedTokens?.starts ?? ByteSet()
      words = .bertWithTokens(
        try WordReader(tables), normalizer, Self.sources(of: starts, normalizer))
    } else {
      words = .bert(try WordReader(tables))
    }
  }

  var vocabularySize: Int { common.pieces.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    common.template.assemble(tokens(of: first), second.map { tokens(of: $0) }, limit: limit)
  }

  func encode(words: [[Int32]], limit: Int) -> TokenizedText {
    common.template.assemble(words: words, limit: limit)
  }

  func piece(_ id: Int32) -> String? { common.pieces[id] }

  func frequentTokens(limit: Int) -> [Int32] { common.frequentTokens(limit: limit) }

  func tokens(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var output: [Int32] = []
      output.reserveCapacity(bytes.count / 3 + 8)
      switch words {
      case .bert(let reader): read(bytes, reader, to: &output)
      case .bertWithTokens(let reader, let normalizer, let sources):
        if sources.isDisjoint(fromASCII: bytes) {
          read(bytes, reader, to: &output)
        } else {
          var word = WordBuffer(limit: model.longestWord)
          split(bytes, normalizer, to: &output) { text, _, output in
            reader.read(text, word: &word) { model.append($0, to: &output) }
          }
        }
      case .steps(let normalizer, let preTokenizer):
        var spare = ByteBuffer(capacity: 0)
        split(bytes, normalizer, to: &output) { text, isFirst, output in
          guard let base = text.baseAddress else { return }
          preTokenizer.cut(base, from: 0, to: text.count, isFirst: isFirst, spare: &spare) {
            let characters = UnsafeBufferPointer(start: $0 + $1, count: $2 - $1)
              .count { $0 & 0xC0 != 0x80 }
            model.append($0, from: $1, to: $2, characters: characters, to: &output)
          }
        }
      }
      return output
    }
  }

  /// Appends the tokens of a text whose added tokens, if there are any, stand in it as given.
  private func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ reader: WordReader, to output: inout [Int32]
  ) {
    var word = WordBuffer(limit: model.longestWord)
    guard let addedTokens = common.addedTokens else {
      reader.read(bytes, word: &word) { model.append($0, to: &output) }
      return
    }
    addedTokens.split(bytes) { part in
      switch part {
      case .token(let id): output.append(id)
      case .text(let range):
        let text = UnsafeBufferPointer(rebasing: bytes[range])
        reader.read(text, word: &word) { model.append($0, to: &output) }
      }
    }
  }

  private func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ normalizer: TextNormalizer, to output: inout [Int32],
    _ body: (UnsafeBufferPointer<UInt8>, Bool, inout [Int32]) -> Void
  ) {
    var normalized = ByteBuffer(capacity: bytes.count)
    var spare = ByteBuffer(capacity: bytes.count)
    common.split(bytes, normalizer, into: &normalized, spare: &spare) { text, isFirst in
      body(text, isFirst, &output)
    } token: {
      output.append($0)
    }
  }

  /// The ASCII characters that become one with a byte of `bytes`; BERT's normalizer looks at each alone.
  private static func sources(of bytes: ByteSet, _ normalizer: TextNormalizer) -> ByteSet {
    var result = ByteSet()
    var output = ByteBuffer(capacity: 0)
    var spare = ByteBuffer(capacity: 0)
    for character in UInt8(0)..<0x80 {
      withUnsafePointer(to: character) {
        normalizer.apply(UnsafeBufferPointer(start: $0, count: 1), to: &output, spare: &spare)
      }
      if output.bytes.contains(where: { bytes.contains($0) }) { result.insert(character) }
    }
    return result
  }
}
