/// One step of a definition's pre-tokenizer.
enum PreTokenizerStep: Equatable, Sendable {
  case split(PatternNode, Split.Behavior, isInverted: Bool)
  case prefixSpace
  case metaspace(Metaspace)
  /// Bytes stand for themselves from here on: the model's pieces are spelled in them.
  case byteLevel
  /// BERT's white space and punctuation.
  case bert

  /// A split at single scalars, or at runs of them.
  static func split(
    at property: String, _ behavior: Split.Behavior
  ) -> PreTokenizerStep {
    .split(.scalar(ScalarSet(property: property)), behavior, isInverted: false)
  }

  /// Words are what stands between white space.
  static let whitespaceSplit = PreTokenizerStep.split(
    .repeated(.scalar(ScalarSet(property: UnicodeData.space)), least: 1, most: nil), .removed,
    isInverted: false)

  /// What `bert` does, as a split: white space goes, and each punctuation character is a word.
  static let bertWords: PreTokenizerStep = {
    let punctuation = ScalarSet(property: UnicodeData.punctuation)
    let letters = punctuation.union(ScalarSet(property: UnicodeData.space)).complement
    return .split(
      .alternatives([
        .scalar(punctuation), .repeated(.scalar(letters), least: 1, most: nil),
      ]), .removed, isInverted: true)
  }()

  /// Words are runs of letters, digits and the like, and runs of everything else but white space.
  static let whitespace: PreTokenizerStep = {
    let words = ScalarSet(property: UnicodeData.wordCharacter)
    let others = words.union(ScalarSet(property: UnicodeData.space)).complement
    return .split(
      .alternatives(
        [words, others].map { .repeated(.scalar($0), least: 1, most: nil) }),
      .removed, isInverted: true)
  }()

  /// The expression that ByteLevel cuts words with, GPT-2's.
  static let byteLevelExpression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
}
