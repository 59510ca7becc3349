/// A token that is found in the text itself.
struct AddedToken: Equatable {
  var text: [UInt8]
  var id: Int
  /// Whether it takes the white space on its left, on its right.
  var stripsLeft = false
  var stripsRight = false
  /// Whether it is looked for after normalization.
  var isNormalized = false
  /// Whether it stands for no text, as an end token does.
  var isSpecial = false
}

/// What a definition says, whatever file it came from.
struct TokenizerParts {
  /// The file, for messages.
  var source: String
  /// The text of each id; empty where there is none.
  var pieces: [[UInt8]]
  var addedTokens: [AddedToken]
  var template: Template
  var model: Model

  enum Model {
    case unigram(UnigramParts)
    case wordPiece(WordPieceParts)
  }
}

/// The Unigram part of a definition.
struct UnigramParts {
  /// A normalization step.
  enum Step: Equatable {
    /// sentencepiece's precompiled character map: u32 length, double array, texts.
    case characterMap([UInt8])
    case strip(left: Bool, right: Bool)
    case replace(pattern: [UInt8], content: [UInt8])
    case replaceSpaces(content: [UInt8])
  }

  /// Log-probability of each of the model's own pieces, which come first. `[pieces]`
  var scores: [Double]
  var settings: UnigramSettings
  var steps: [Step]
}

/// The WordPiece part of a definition.
struct WordPieceParts {
  var unknown: Int
  var continuationPrefix: [UInt8]
  var longestWord: Int
  var characters: CharacterCodeBuilder.Settings
}
