/// BERT's and MPNet's `vocab.txt`: a piece a line, the line's number its id.
struct VocabularyDefinition {
  private let pieces: [[UInt8]]
  private let configuration: TokenizerConfiguration
  private let source: String

  /// - Throws: `TextError.unsupported` for tokenizers that are no WordPiece.
  init(
    bytes: UnsafeRawBufferPointer, configuration: TokenizerConfiguration, source: String
  ) throws {
    guard configuration.family.usesBertNormalizer || configuration.family == .plain else {
      throw TextError.unsupported(
        source: source,
        what: "a vocabulary of this form for a tokenizer of another kind than BERT's",
        hint: "save the tokenizer as tokenizer.json")
    }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { line in Array(line.last == 0x0D ? line.dropLast() : line) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    pieces = lines
    self.configuration = configuration
    self.source = source
  }

  func parts() throws -> TokenizerParts {
    var vocabulary = Vocabulary(pieces: pieces, source: source)
    let isMPNet = configuration.family == .mpnet
    let unknown = configuration.special("unk_token", usual: "[UNK]")
    guard let unknownID = vocabulary.id(unknown.text) else {
      throw TextError.invalid(
        source: source,
        reason: "its unk_token `\(String(decoding: unknown.text, as: UTF8.self))` is not among its "
          + "\(pieces.count) pieces")
    }
    try configuration.addTokens(to: &vocabulary)
    let classification = configuration.special("cls_token", usual: isMPNet ? "<s>" : "[CLS]")
    let separator = configuration.special("sep_token", usual: isMPNet ? "</s>" : "[SEP]")
    let padding = configuration.special("pad_token", usual: isMPNet ? "<pad>" : "[PAD]")
    var mask = configuration.special("mask_token", usual: isMPNet ? "<mask>" : "[MASK]")
    if isMPNet, configuration["mask_token"]?.object == nil { mask.stripsLeft = true }
    for token in [unknown, separator, padding, classification, mask]
    where !vocabulary.isAdded(token.text) {
      try vocabulary.add(token, stated: nil)
    }
    let (start, end) = (
      vocabulary.id(classification.text) ?? unknownID, vocabulary.id(separator.text) ?? unknownID
    )
    return TokenizerParts(
      source: source, vocabulary: vocabulary, normalizer: [.bert(try configuration.bertSettings())],
      preTokenizer: [.bert], model: .wordPiece(WordPieceParts(unknown: unknownID)),
      template: isMPNet
        ? .roberta(classification: start, separator: end)
        : .bert(classification: start, separator: end))
  }
}
