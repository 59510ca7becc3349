import EPTFormat

/// sentencepiece's Unigram models as T5, XLM-RoBERTa and DeBERTa-v2 use them.
struct SentencePieceDefinition {
  private let model: SentencePieceModel
  private let configuration: TokenizerConfiguration
  private let source: String

  /// T5's own number of extra ids.
  private static let usualExtraIDs = 100
  /// More than any model has.
  private static let greatestExtraIDs = 100_000

  init(
    bytes: UnsafeRawBufferPointer, configuration: TokenizerConfiguration, source: String
  ) throws {
    model = try SentencePieceModel(bytes: bytes, source: source)
    self.configuration = configuration
    self.source = source
    guard model.type == SentencePieceModel.unigram else {
      throw TextError.unsupported(
        source: source, what: "sentencepiece model type \(model.type)",
        hint: "type 1 (Unigram), which T5 uses, is")
    }
    if let piece = model.pieces.first(where: { !$0.score.isFinite }) {
      throw TextError.invalid(
        source: source,
        reason: "the score of its piece `\(String(decoding: piece.text, as: UTF8.self))` is "
          + "\(piece.score)")
    }
  }

  func parts() throws -> TokenizerParts {
    switch configuration.family {
    case .t5: return try t5()
    case .plain where source.hasSuffix("spiece.model"): return try t5()
    case .xlmRoberta: return try xlmRoberta()
    case .debertaV2: return try debertaV2()
    default:
      throw TextError.unsupported(
        source: source, what: "a sentencepiece model for this class of tokenizer",
        hint: "save the tokenizer as tokenizer.json")
    }
  }

  /// The pieces, then the extra ids in falling order.
  private func t5() throws -> TokenizerParts {
    let extra = configuration["extra_ids"]?.integer ?? Self.usualExtraIDs
    guard (0...Self.greatestExtraIDs).contains(extra) else {
      throw TextError.invalid(source: source, reason: "its extra_ids \(extra) makes no sense")
    }
    let unknown = try self.unknown()
    guard let end = model.pieces.lastIndex(where: { $0.text == Array("</s>".utf8) }) else {
      throw TextError.invalid(source: source, reason: "it has no piece `</s>`")
    }
    let extraPieces = (0..<extra).reversed().map { Array("<extra_id_\($0)>".utf8) }
    var vocabulary = Vocabulary(list: model.pieces.map(\.text) + extraPieces, source: source)
    let special =
      model.pieces.filter { $0.type != .normal }.map(\.text) + extraPieces
    for text in special {
      try vocabulary.add(AddedToken(text: text, id: -1, isSpecial: true), stated: nil)
    }
    try configuration.addTokens(to: &vocabulary)
    let metaspace = Metaspace(scalar: "\u{2581}", prepending: .always, splits: true)
    return TokenizerParts(
      source: source, vocabulary: vocabulary, normalizer: characterMap,
      preTokenizer: [.whitespaceSplit, .metaspace(metaspace)],
      model: .unigram(
        UnigramParts(
          scores: model.pieces.map { Double($0.score) } + extraPieces.map { _ in 0 },
          unknown: unknown, fallsBackToBytes: model.fallsBackToBytes)),
      template: .t5(end: end))
  }

  /// fairseq's special tokens, the pieces from the fourth on, and the mask.
  private func xlmRoberta() throws -> TokenizerParts {
    let scored =
      ["<s>", "<pad>", "</s>", "<unk>"].map { (text: Array($0.utf8), score: 0.0) }
      + model.pieces.dropFirst(3).map { (text: $0.text, score: Double($0.score)) }
      + [(text: Array("<mask>".utf8), score: 0.0)]
    var vocabulary = Vocabulary(list: scored.map(\.text), source: source)
    try configuration.addTokens(to: &vocabulary)
    let usual = [
      ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>"),
      ("mask_token", "<mask>"),
    ]
    for (key, name) in usual {
      let token = configuration.special(key, usual: name)
      if !vocabulary.isAdded(token.text) { try vocabulary.add(token, stated: nil) }
    }
    let addsPrefix = try configuration.flag("add_prefix_space") ?? true
    let metaspace = Metaspace(
      scalar: "\u{2581}", prepending: addsPrefix ? .always : .never, splits: true)
    return TokenizerParts(
      source: source, vocabulary: vocabulary, normalizer: characterMap,
      preTokenizer: [.whitespaceSplit, .metaspace(metaspace)],
      model: .unigram(
        UnigramParts(
          scores: scored.map(\.score), unknown: 3, fallsBackToBytes: model.fallsBackToBytes)),
      template: .roberta(classification: 0, separator: 2))
  }

  /// The pieces; what is added is the mask, behind them.
  private func debertaV2() throws -> TokenizerParts {
    var vocabulary = Vocabulary(list: model.pieces.map(\.text), source: source)
    try configuration.addTokens(to: &vocabulary)
    let usual = [
      ("bos_token", "[CLS]"), ("eos_token", "[SEP]"), ("unk_token", "[UNK]"),
      ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"),
      ("mask_token", "[MASK]"),
    ]
    for (key, name) in usual {
      let token = configuration.special(key, usual: name)
      if !vocabulary.isAdded(token.text) { try vocabulary.add(token, stated: nil) }
    }
    guard let classification = vocabulary.id(Array("[CLS]".utf8)),
      let separator = vocabulary.id(Array("[SEP]".utf8))
    else { throw TextError.invalid(source: source, reason: "it has no pieces `[CLS]` and `[SEP]`") }
    let metaspace = Metaspace(scalar: "\u{2581}", prepending: .always, splits: true)
    let punctuation = PreTokenizerStep.split(at: UnicodeData.punctuation, .isolated)
    return TokenizerParts(
      source: source, vocabulary: vocabulary,
      normalizer: (try configuration.flag("do_lower_case") == true ? [.lowercase] : [])
        + [.strip(left: true, right: true)] + characterMap
        + [.replaceSpaces(content: [0x20])],
      preTokenizer: (try configuration.flag("split_by_punct") == true ? [punctuation] : [])
        + [.metaspace(metaspace)],
      model: .unigram(
        UnigramParts(
          scores: model.pieces.map { Double($0.score) }, unknown: try unknown(),
          fallsBackToBytes: model.fallsBackToBytes)),
      template: .bert(classification: classification, separator: separator))
  }

  private func unknown() throws -> Int {
    guard let unknown = model.pieces.firstIndex(where: { $0.type == .unknown }) else {
      throw TextError.invalid(source: source, reason: "it has no piece for what is unknown")
    }
    return unknown
  }

  private var characterMap: [NormalizerStep] {
    model.characterMap.isEmpty ? [] : [.characterMap(model.characterMap)]
  }
}
