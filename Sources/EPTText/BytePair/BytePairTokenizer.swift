/// A tokenizer of the RoBERTa, Llama or Gemma kind: normalized text, words, merged pairs.
final class BytePairTokenizer: Detokenizer, @unchecked Sendable {
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

  func encode(words: [[Int32]], limit: Int) -> TokenizedText {
    common.template.assemble(words: words, limit: limit)
  }

  func piece(_ id: Int32) -> String? { common.pieces[id] }

  func frequentTokens(limit: Int) -> [Int32] { common.frequentTokens(limit: limit) }

  /// Bytes that make up no character become U+FFFD.
  ///
  /// Of spelled-out spaces one at the beginning vanishes, as it does for `transformers`.
  func text(of ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    for id in ids where !common.special.contains(id) {
      guard let piece = common.pieces[id] else { continue }
      bytes += self.bytes(of: Array(piece.utf8))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return !model.isByteLevel && text.first == " " ? String(text.dropFirst()) : text
  }

  /// What a piece stands for.
  private func bytes(of piece: [UInt8]) -> [UInt8] {
    if model.isByteLevel { return ByteLevel.bytes(of: piece) ?? piece }
    if let byte = BytePieces.byte(of: piece) { return [byte] }
    let metaspace = UTF8Scalar.encode(0x2581)
    var bytes: [UInt8] = []
    var rest = piece[...]
    while let first = rest.first {
      if rest.starts(with: metaspace) {
        bytes.append(0x20)
        rest = rest.dropFirst(metaspace.count)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }

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
