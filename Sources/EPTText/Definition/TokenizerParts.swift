/// What a definition says, whatever file it came from.
struct TokenizerParts {
  /// The file, for messages.
  var source: String
  var vocabulary: Vocabulary
  var normalizer: [NormalizerStep] = []
  var preTokenizer: [PreTokenizerStep] = []
  var model: Model
  var template: Template

  enum Model {
    case unigram(UnigramParts)
    case wordPiece(WordPieceParts)
    case bytePair(BytePairParts)
  }
}

/// The Unigram part of a definition.
struct UnigramParts {
  /// Log-probability of each of the model's own pieces, which come first. `[pieces]`
  var scores: [Double]
  var unknown: Int
  /// Whether an unknown text becomes the pieces of its bytes.
  var fallsBackToBytes = false
}

/// The WordPiece part of a definition.
struct WordPieceParts {
  var unknown: Int
  var continuationPrefix: [UInt8] = Array("##".utf8)
  var longestWord = 100
}

/// The byte-pair part of a definition.
struct BytePairParts {
  /// The texts of the pairs that merge, in order of rank.
  var merges: [(left: [UInt8], right: [UInt8])]
  var unknown: Int?
  var fusesUnknown = false
  var fallsBackToBytes = false
  /// Whether a word that is a piece is that piece, whatever its pairs make of it.
  var ignoresMerges = false
}
