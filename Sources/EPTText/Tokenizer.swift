/// A text as the backbone reads it.
public struct TokenizedText: Sendable, Equatable {
  /// Token ids, special tokens included. `[tokens]`
  public var ids: [Int32]
  /// BERT's token type of each token: 0 for the first text, 1 for the second. `[tokens]`
  public var tokenTypeIDs: [UInt8]
  /// Where the second of two texts that pass alone starts; nil for one text.
  public var secondStart: Int?
  /// Where each word starts of a text that is given as words, as far as the words are read; none for
  /// other texts. `[words]`
  public var wordStarts: [Int]

  /// Token ids with their token types.
  public init(
    ids: [Int32], tokenTypeIDs: [UInt8], secondStart: Int? = nil, wordStarts: [Int] = []
  ) {
    self.ids = ids
    self.tokenTypeIDs = tokenTypeIDs
    self.secondStart = secondStart
    self.wordStarts = wordStarts
  }

  /// Two texts that pass alone.
  public init(_ first: TokenizedText, apart second: TokenizedText) {
    self.init(
      ids: first.ids + second.ids, tokenTypeIDs: first.tokenTypeIDs + second.tokenTypeIDs,
      secondStart: first.ids.count)
  }

  /// How many texts pass.
  public var textCount: Int { secondStart == nil ? 1 : 2 }
}

/// Turns text into the token ids that a backbone was trained on.
public protocol Tokenizer: Sendable {
  /// How many ids there are, special tokens included.
  var vocabularySize: Int { get }

  /// The tokens of one text or a pair, with the model's special tokens, at most `limit` of them.
  ///
  /// A longer input loses tokens at its end (a pair: of whichever text is longer at the time),
  /// never its closing special token.
  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText

  /// The tokens of a text whose words are tokenized already, with the model's special tokens, at most
  /// `limit` of them.
  ///
  /// `words` has the tokens of each word. Words that begin beyond the limit are left out of
  /// `wordStarts`; a word without tokens starts where the next token is.
  func encode(words: [[Int32]], limit: Int) -> TokenizedText

  /// The tokens of a text without any special token.
  func tokens(of text: String) -> [Int32]

  /// The piece that `id` stands for, nil outside the vocabulary.
  func piece(_ id: Int32) -> String?

  /// Ids of ordinary pieces (no special or unused ones), most frequent first, at most `limit`.
  func frequentTokens(limit: Int) -> [Int32]
}

/// A tokenizer that can turn ids back into text.
public protocol Detokenizer: Tokenizer {
  /// The text of `ids`; special tokens and ids outside the vocabulary stand for none.
  func text(of ids: [Int32]) -> String
}

extension Tokenizer {
  /// The tokens of one text with special tokens, untruncated.
  public func encode(_ text: String) -> TokenizedText {
    encode(text, nil, limit: .max)
  }
}
