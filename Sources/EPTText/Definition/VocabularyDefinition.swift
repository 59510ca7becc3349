import EPTFormat

/// BERT's `vocab.txt`: a piece a line, the line's number its id.
struct VocabularyDefinition {
  private let pieces: [[UInt8]]
  private let configuration: JSON?
  private let source: String

  init(bytes: UnsafeRawBufferPointer, configuration: JSON?, source: String) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { line in Array(line.last == 0x0D ? line.dropLast() : line) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    pieces = lines
    self.configuration = configuration
    self.source = source
  }

  func parts() throws -> TokenizerParts {
    let lowercases = configuration?["do_lower_case"]?.bool ?? true
    let classification = try special("cls_token", "[CLS]")
    let separator = try special("sep_token", "[SEP]")
    let unknown = try special("unk_token", "[UNK]")
    let others = try [("pad_token", "[PAD]"), ("mask_token", "[MASK]")].map { try special($0, $1) }
    return TokenizerParts(
      source: source, pieces: pieces, addedTokens: [classification, separator, unknown] + others,
      template: .bert(classification: classification.id, separator: separator.id),
      model: .wordPiece(
        WordPieceParts(
          unknown: unknown.id, continuationPrefix: Array("##".utf8), longestWord: 100,
          characters: CharacterCodeBuilder.Settings(
            cleansText: true,
            isolatesChinese: configuration?["tokenize_chinese_chars"]?.bool ?? true,
            stripsAccents: configuration?["strip_accents"]?.bool ?? lowercases,
            lowercases: lowercases))))
  }

  /// A special token, by the name that the configuration gives it.
  private func special(_ key: String, _ usual: String) throws -> AddedToken {
    let given = configuration?[key]
    let name = given?.string ?? given?["content"]?.string ?? usual
    guard let id = pieces.lastIndex(of: Array(name.utf8)) else {
      throw TextError.invalid(
        source: source, reason: "its \(key) `\(name)` is not among its \(pieces.count) pieces")
    }
    return AddedToken(text: Array(name.utf8), id: id)
  }
}

extension Template {
  /// `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`, the second text in segment 1.
  static func bert(classification: Int, separator: Int) -> Template {
    let start = Item(content: .token(Int32(classification)), segment: 0)
    let first = Item(content: .first, segment: 0)
    let middle = Item(content: .token(Int32(separator)), segment: 0)
    let second = Item(content: .second, segment: 1)
    let end = Item(content: .token(Int32(separator)), segment: 1)
    return Template(single: [start, first, middle], pair: [start, first, middle, second, end])
  }

  /// `a </s>` and `a </s> b </s>`, all in segment 0.
  static func t5(end: Int) -> Template {
    let first = Item(content: .first, segment: 0)
    let second = Item(content: .second, segment: 0)
    let end = Item(content: .token(Int32(end)), segment: 0)
    return Template(single: [first, end], pair: [first, end, second, end])
  }
}
