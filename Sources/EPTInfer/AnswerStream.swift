import EPTTask

/// Answers lines in order, one line an answer.
public struct AnswerStream {
  private let predictor: Predictor
  private let reader: LineReader
  private let writer: AnswerWriter
  private let batch: Int

  /// Connects input and output; at most `batch` lines are answered together.
  public init(_ predictor: Predictor, from reader: LineReader, to writer: AnswerWriter, batch: Int)
  {
    self.predictor = predictor
    self.reader = reader
    self.writer = writer
    self.batch = batch
  }

  /// Answers until the input ends; gives how many lines there were.
  ///
  /// - Throws: `InferError`, `ModelError`. Answers to earlier batches are written by then.
  public func run() throws -> Int {
    var count = 0
    while case let lines = try reader.nextLines(limit: batch), !lines.isEmpty {
      let scores = try predictor.scores(lines.map(fields))
      try writer.write(
        try lines.indices.map { index in
          let start = index * scores.columns
          guard let answer = Answer(scores: scores.values[start..<start + scores.columns]) else {
            throw InferError.noScore(input: reader.name, line: lines[index].number)
          }
          return answer
        })
      count += lines.count
    }
    return count
  }

  /// The texts of a line, one a field.
  ///
  /// For a task of one field that is the line, tabs and all. An empty line is an empty text in
  /// every field.
  private func fields(of line: InputLine) throws -> [String] {
    let names = predictor.task.fields
    guard names.count > 1 else { return [line.text] }
    guard !line.text.isEmpty else { return names.map { _ in "" } }
    // By scalars: a tab and a combining mark after it are one character, but still a tab.
    let fields = line.text.unicodeScalars.split(separator: "\t", omittingEmptySubsequences: false)
    guard fields.count == names.count else {
      throw InferError.fields(
        input: reader.name, line: line.number, expected: names, actual: fields.count)
    }
    return fields.map { String($0) }
  }
}
