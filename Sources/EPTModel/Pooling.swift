/// How an encoder's states of a text become the one vector that a linear head reads.
public enum Pooling: String, Sendable, CaseIterable {
  /// The mean over the text's own tokens, special tokens included.
  case mean
  /// The text's first token, BERT's `[CLS]`.
  case cls
  /// The text's last token.
  case last
}
