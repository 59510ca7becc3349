import EPTFormat
import EPTModel
import EPTTask

/// How the answers of one kind of read-out are made of scores, and how they are written.
///
/// A kind is one type of this protocol, in a file of its own.
protocol AnswerKind: Sendable {
  /// The reply that `scores`, one an output, are; nil where they are not numbers.
  ///
  /// `words` are those of a text whose words are answered one by one.
  func reply(_ scores: [Float], words: WordText?) -> Reply?

  /// The member that holds the answer itself.
  var key: String { get }

  /// The names of an answer's members beside those that are always taken.
  var keys: Set<String> { get }

  /// The members of an answer's object; none for a reply of another kind.
  func members(of reply: Reply, _ style: AnswerStyle) -> [JSONMember]

  /// The columns of an answer, for `text` the first of them alone.
  func columns(of reply: Reply, _ style: AnswerStyle) -> [String]

  /// The names of the columns of `tsv`.
  func columnNames(_ style: AnswerStyle) -> [String]
}
