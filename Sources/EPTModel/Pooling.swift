/// How an encoder's states of a text become the one vector that a linear head reads.
public enum Pooling: String, Sendable, CaseIterable {
  /// The mean over the text's own tokens, special tokens included.
  case mean
  /// The text's first token, BERT's `[CLS]`.
  case cls
  /// The text's last token.
  case last
}

extension Pooling {
  /// Those of a text's own rows whose mean is the vector.
  func rows(_ tokens: Range<Int>) -> Range<Int> {
    switch self {
    case .mean: tokens
    case .cls: tokens.prefix(1)
    case .last: tokens.suffix(1)
    }
  }
}
