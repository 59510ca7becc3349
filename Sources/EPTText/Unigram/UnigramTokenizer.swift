/// A tokenizer of the T5 kind: character map, words, metaspaces, Unigram model.
final class UnigramTokenizer: Detokenizer, @unchecked Sendable {
  private let owner: AnyObject & Sendable
  private let common: CommonTables
  private let normalizer: TextNormalizer
  private let model: UnigramModel
  private let settings: UnigramSettings
  private let metaspace: Metaspace
  /// What words are cut with before metaspaces; nil where the settings say it all.
  private let preTokenizer: PreTokenizer?

  /// Opens the tables in place.
  ///
  /// - Throws: `TextError.invalid` if they contradict themselves.
  init(_ tables: TableReader) throws {
    owner = tables.owner
    common = try CommonTables(tables)
    let scores = try tables.values(.scores, of: Double.self)
    guard scores.count <= common.pieces.count, scores.allSatisfy(\.isFinite),
      let trie = DoubleArray(try tables.values(.pieceTrie, of: UInt32.self)),
      let settings = UnigramSettings(
        values: try tables.values(.settings, of: UInt32.self), pieces: scores.count)
    else { throw TableReader.fault("the Unigram model contradicts itself") }
    self.settings = settings
    metaspace = Metaspace(
      scalar: settings.metaspace, prepending: settings.prepending,
      splits: settings.splitsOnMetaspace)
    preTokenizer = tables.has(.preTokenizerSteps) ? try PreTokenizer(tables) : nil
    model = UnigramModel(
      trie: trie, scores: scores, unknown: settings.unknown,
      bytePieces: try BytePieces(tables, pieces: common.pieces.count))
    normalizer = try TextNormalizer(tables)
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
      var normalized = ByteBuffer(capacity: bytes.count + bytes.count / 2)
      var spare = ByteBuffer(capacity: 0)
      var word = ByteBuffer(capacity: 256)
      var run = UnigramRun(capacity: bytes.count)
      common.split(bytes, normalizer, into: &normalized, spare: &spare) { text, isFirst in
        appendWords(text, isFirst: isFirst, word: &word, to: &run)
      } token: {
        run.output.append($0)
      }
      return run.output
    }
  }

  private func appendWords(
    _ bytes: UnsafeBufferPointer<UInt8>, isFirst: Bool, word: inout ByteBuffer,
    to run: inout UnigramRun
  ) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    if let preTokenizer {
      preTokenizer.cut(base, from: 0, to: bytes.count, isFirst: isFirst, spare: &word) {
        model.append($0, from: $1, to: $2, workspace: &run.workspace, to: &run.output)
      }
      return
    }
    guard settings.splitsOnWhitespace else {
      appendWord(base, from: 0, to: bytes.count, isFirst: isFirst, word: &word, to: &run)
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
      appendWord(base, from: start, to: position, isFirst: false, word: &word, to: &run)
      position += length
      start = position
    }
    appendWord(base, from: start, to: position, isFirst: false, word: &word, to: &run)
  }

  private func appendWord(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isFirst: Bool,
    word: inout ByteBuffer, to run: inout UnigramRun
  ) {
    metaspace.cut(bytes, from: start, to: end, isFirst: isFirst, word: &word) {
      model.append($0, from: $1, to: $2, workspace: &run.workspace, to: &run.output)
    }
  }
}

/// What one call writes.
private struct UnigramRun: ~Copyable {
  var output: [Int32] = []
  var workspace = UnigramModel.Workspace()

  init(capacity: Int) {
    output.reserveCapacity(capacity / 3 + 8)
  }
}
