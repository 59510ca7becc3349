import EPTInfer
import EPTSystem
import Glibc

/// Where vectors are to go.
struct EmbeddingTarget {
  let format: EmbeddingOptions.Format
  /// Whether a record has a similarity instead of a vector.
  let comparesPairs: Bool
  /// nil for standard output.
  let file: StreamOutputFile?

  /// Vectors on their way.
  struct Output {
    let writer: AnswerWriter
    /// Gives a file its name, once all is written.
    let commit: () throws -> Void
  }

  /// Begins the output of vectors of `dimensions` numbers.
  ///
  /// - Throws: `SystemError`.
  func open(dimensions: Int) throws -> Output {
    var style = AnswerStyle()
    style.format = format == .jsonl ? .jsonl : .tsv
    style.content = comparesPairs ? .similarity : .embedding(dimensions: dimensions)
    guard let file else {
      return Output(writer: AnswerWriter(descriptor: STDOUT_FILENO, style: style), commit: {})
    }
    if format == .npy {
      let array = try NumPyFile(
        path: file.path, columns: comparesPairs ? nil : dimensions, replacing: file.replaces)
      return Output(writer: AnswerWriter(array: array), commit: array.commit)
    }
    let text = try file.begin()
    return Output(
      writer: AnswerWriter(descriptor: text.descriptor, style: style), commit: text.commit)
  }
}
