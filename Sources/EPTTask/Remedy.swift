/// What mends an error, for whoever has flags or settings to say it with.
public enum Remedy: Sendable, Equatable {
  /// Name the folder of a task's files.
  case nameFolder
  /// Name the texts' and the label's columns.
  case nameColumns
  /// Say whether the first line is a header.
  case sayHeader
  /// Name the file's encoding.
  case nameEncoding
  /// Say that the columns are quoted, as CSV's are.
  case readQuotes
  /// Allow more classes.
  case allowClasses
  /// Give rows to choose the best step by.
  case giveDev
  /// Name rows to count on.
  case nameRows
  /// Give rows for the final figure.
  case giveTest
  /// Take digits for label words.
  case takeDigits
  /// Take a metric of numbers.
  case predictNumbers
  /// Count labels that the task does not know as errors.
  case countUnknown
}
