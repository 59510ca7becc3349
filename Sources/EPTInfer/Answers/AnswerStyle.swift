/// How answers are written, one line a record.
public enum AnswerFormat: String, Sendable, CaseIterable {
  /// The label.
  case text
  /// The label, a tab, its probability.
  case tsv
  /// An object with the label and every label's probability.
  case jsonl
}

/// What answers say, and in which format.
public struct AnswerStyle: Sendable, Equatable {
  /// What stands in an answer's place, which shows where a record has none.
  public enum Content: Sendable, Equatable {
    /// The label of each task.
    case label
    /// A vector of as many numbers.
    case embedding(dimensions: Int)
    /// The cosine of a pair of texts.
    case similarity
  }

  /// What an answer says.
  public var content = Content.label
  /// How it is written.
  public var format = AnswerFormat.text
  /// How many labels are named, the answer first, then by falling probability.
  public var top: Int?
  /// Whether every label's probability is told; nil leaves it to the format.
  public var showsProbabilities: Bool?
  /// Whether the first line of `tsv` names the columns.
  public var hasHeader = false

  /// Labels as plain text.
  public init() {}
}
