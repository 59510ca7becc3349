import EPTFormat

/// `vocab.json` and `merges.txt`, as RoBERTa, GPT-2 and Qwen2 have them.
struct MergesDefinition {
  private let vocabulary: JSON
  private let merges: UnsafeRawBufferPointer
  private let configuration: TokenizerConfiguration
  private let source: String

  private static let qwenExpression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Takes `vocab.json`, which is in the file `source`, and the bytes of `merges.txt`.
  init(
    vocabulary: JSON, merges: UnsafeRawBufferPointer, configuration: TokenizerConfiguration,
    source: String
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.configuration = configuration
    self.source = source
  }

  func parts() throws -> TokenizerParts {
    guard configuration.family.usesByteLevel else {
      throw TextError.unsupported(
        source: source,
        what: "a vocab.json for a tokenizer that is not said to be one of RoBERTa, GPT-2 "
          + "or Qwen2,",
        hint: "name its tokenizer_class in tokenizer_config.json, or save it as tokenizer.json")
    }
    var vocabulary = try Vocabulary(object: vocabulary, source: source)
    try configuration.addTokens(to: &vocabulary)
    let isQwen = configuration.family == .qwen2
    let template = try addUsualTokens(to: &vocabulary)
    let addsPrefix = try configuration.flag("add_prefix_space") ?? false
    var steps = try PreTokenizerStep.byteLevel(addsPrefixSpace: addsPrefix, splits: !isQwen)
    if isQwen {
      steps.insert(
        .split(try PatternSyntax.read(Self.qwenExpression), .isolated, isInverted: false), at: 0)
    }
    return TokenizerParts(
      source: source, vocabulary: vocabulary,
      normalizer: isQwen ? [.canonical(composes: true)] : [],
      preTokenizer: steps, model: .bytePair(BytePairParts(merges: try pairs())),
      template: template)
  }

  /// Adds the special tokens that the class has where nothing else is said; what stands around texts.
  private func addUsualTokens(to vocabulary: inout Vocabulary) throws -> Template {
    guard configuration.family == .roberta else {
      let end = configuration.special("eos_token", usual: "<|endoftext|>")
      if !vocabulary.isAdded(end.text) { try vocabulary.add(end, stated: nil) }
      return .plain
    }
    let usual = [
      ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "</s>"),
      ("pad_token", "<pad>"), ("cls_token", "<s>"), ("mask_token", "<mask>"),
    ]
    for (key, name) in usual {
      let token = configuration.special(key, usual: name)
      if !vocabulary.isAdded(token.text) { try vocabulary.add(token, stated: nil) }
    }
    let start = configuration.special("cls_token", usual: "<s>")
    let end = configuration.special("sep_token", usual: "</s>")
    guard let classification = vocabulary.id(start.text), let separator = vocabulary.id(end.text)
    else { throw TextError.invalid(source: source, reason: "its special tokens have no text") }
    return .roberta(classification: classification, separator: separator)
  }

  /// The lines of `merges.txt`, of which a first one may name the version.
  private func pairs() throws -> [(left: [UInt8], right: [UInt8])] {
    var result: [(left: [UInt8], right: [UInt8])] = []
    for (number, line) in merges.split(separator: 0x0A).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.starts(with: Array("#version".utf8)) || line.isEmpty { continue }
      let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw TextError.invalid(
          source: source, reason: "line \(number + 1) of merges.txt beside it is no pair")
      }
      result.append((Array(parts[0]), Array(parts[1])))
    }
    return result
  }
}
