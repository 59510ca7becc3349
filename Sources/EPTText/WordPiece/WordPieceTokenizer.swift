/// A tokenizer of the BERT kind: normalized words, cut greedily into the longest pieces.
final class WordPieceTokenizer: Tokenizer, @unchecked Sendable {
  private let owner: AnyObject & Sendable
  private let common: CommonTables
  private let reader: WordReader
  private let model: WordPieceModel
  /// BERT's normalizer as text, where added tokens are looked for in that; nil where the reader does
  /// it all.
  private let normalizer: TextNormalizer?

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ tables: TableReader) throws {
    owner = tables.owner
    common = try CommonTables(tables)
    reader = try WordReader(tables)
    model = try WordPieceModel(tables, pieces: common.pieces.count)
    normalizer = tables.has(.normalizerSteps) ? try TextNormalizer(tables) : nil
  }

  var vocabularySize: Int { common.pieces.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    common.template.assemble(tokens(of: first), second.map { tokens(of: $0) }, limit: limit)
  }

  func piece(_ id: Int32) -> String? { common.pieces[id] }

  func frequentPieces(limit: Int) -> [Int32] { common.frequentPieces(limit: limit) }

  func tokens(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var output: [Int32] = []
      output.reserveCapacity(bytes.count / 3 + 8)
      var word = WordBuffer(limit: model.longestWord)
      if let normalizer {
        var normalized = ByteBuffer(capacity: bytes.count)
        var spare = ByteBuffer(capacity: bytes.count)
        common.split(bytes, normalizer, into: &normalized, spare: &spare) { text, _ in
          reader.read(text, word: &word) { model.append($0, to: &output) }
        } token: {
          output.append($0)
        }
        return output
      }
      guard let addedTokens = common.addedTokens else {
        reader.read(bytes, word: &word) { model.append($0, to: &output) }
        return output
      }
      addedTokens.split(bytes) { part in
        switch part {
        case .token(let id): output.append(id)
        case .text(let range):
          let text = UnsafeBufferPointer(rebasing: bytes[range])
          reader.read(text, word: &word) { model.append($0, to: &output) }
        }
      }
      return output
    }
  }
}
