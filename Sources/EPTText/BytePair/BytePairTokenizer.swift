/// A tokenizer of the RoBERTa, Llama or Gemma kind: normalized text, words, merged pairs.
final class BytePairTokenizer: Tokenizer, @unchecked Sendable {
  private let owner: AnyObject & Sendable
  private let common: CommonTables
  private let normalizer: TextNormalizer
  private let preTokenizer: PreTokenizer
  private let model: BytePairModel

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ tables: TableReader) throws {
    owner = tables.owner
    common = try CommonTables(tables)
    normalizer = try TextNormalizer(tables)
    preTokenizer = try PreTokenizer(tables)
    model = try BytePairModel(tables, pieces: common.pieces.count)
  }

  var vocabularySize: Int { common.pieces.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    common.template.assemble(tokens(of: first), second.map { tokens(of: $0) }, limit: limit)
  }

  func piece(_ id: Int32) -> String? { common.pieces[id] }

  func frequentTokens(limit: Int) -> [Int32] { common.frequentTokens(limit: limit) }

  func tokens(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var normalized = ByteBuffer(capacity: 0)
      var spare = ByteBuffer(capacity: 0)
      var words = ByteBuffer(capacity: 0)
      var output: [Int32] = []
      output.reserveCapacity(bytes.count / 3 + 8)
      var merger = PairMerger()
      common.split(bytes, normalizer, into: &normalized, spare: &spare) { text, isFirst in
        guard let base = text.baseAddress else { return }
        preTokenizer.cut(base, from: 0, to: text.count, isFirst: isFirst, spare: &words) {
          model.append($0, from: $1, to: $2, merger: &merger, to: &output)
        }
      } token: {
        output.append($0)
      }
      return output
    }
  }
}
