import EPTFormat

extension GGUFTokenizer {
  /// What begins a word in a file, where WordPiece marks what goes on instead.
  private static let start = Array("\u{2581}".utf8)

  /// BERT's: `[CLS] A [SEP] B [SEP]`.
  ///
  /// A file does not say whether texts are put in lower case: they are where no piece has a capital.
  static func wordPiece(_ source: Source) throws -> Parts {
    let unknown = try source.token("unknown_token_id", usual: id("[UNK]", source))
    let first = try source.token(
      "cls_token_id", usual: id("[CLS]", source) ?? source.metadata.integer(keys + "bos_token_id"))
    // llama.cpp spells the key so.
    let end = try source.token(
      "seperator_token_id",
      usual: id("[SEP]", source) ?? source.metadata.integer(keys + "eos_token_id"))
    let isCased = zip(source.tokens, source.kinds).contains { token, kind in
      !isSpecial(token, kind) && token.utf8.contains { (0x41...0x5A).contains($0) }
    }
    let vocabulary = zip(source.tokens, source.kinds).enumerated().map { id, token in
      JSONMember(piece(token.0, token.1), .integer(id))
    }
    let (start, between) = (item("SpecialToken", "cls"), item("SpecialToken", "sep"))
    return Parts(
      model: [
        "type": "WordPiece", "vocab": .object(vocabulary),
        "unk_token": .string(piece(source.tokens[unknown], source.kinds[unknown])),
        "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
      ],
      normalizer: [
        "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
        "strip_accents": .null, "lowercase": .bool(!isCased),
      ],
      preTokenizer: ["type": "BertPreTokenizer"],
      template: [
        "type": "TemplateProcessing",
        "single": .array([start, item("Sequence", "A"), between]),
        "pair": .array([
          start, item("Sequence", "A"), between, item("Sequence", "B", type: 1),
          item("SpecialToken", "sep", type: 1),
        ]),
        "special_tokens": specialTokens([("cls", first), ("sep", end)]),
      ])
  }

  /// The id of `token` itself; nil where it is none.
  private static func id(_ token: String, _ source: Source) -> Int? {
    source.tokens.firstIndex { $0.utf8.elementsEqual(token.utf8) }
  }

  /// Whether a token stands for no text: it has a name in brackets, also where a file calls it normal.
  private static func isSpecial(_ token: String, _ kind: Kind) -> Bool {
    kind == .control
      || (token.utf8.count > 2 && token.utf8.first == 0x5B && token.utf8.last == 0x5D)
  }

  /// The piece as BERT's vocabulary has it.
  private static func piece(_ token: String, _ kind: Kind) -> String {
    let bytes = Array(token.utf8)
    if isSpecial(token, kind) { return token }
    guard bytes.starts(with: start), bytes.count > start.count else { return "##" + token }
    return String(decoding: bytes[start.count...], as: UTF8.self)
  }
}
