import EPTCompute
import EPTModel
import EPTTask

/// What a linear head reads of texts on a frozen encoder without a prompt: nothing before the head changes,
/// so each row's vectors are computed once.
struct FrozenFeatures {
  /// Texts of about so many tokens pass through the backbone together.
  private static let tokensTogether = 8192

  private let model: PromptedModel
  private let encoder: InputEncoder
  /// No prompt, in front of a head that reads the same.
  private let prepared: PreparedPrompt
  private let readsWords: Bool
  /// How many numbers a vector has.
  private let columns: Int

  /// What `head` reads, whatever its weights are, of rows as `encoder` makes them.
  ///
  /// - Throws: `ModelError` if the model cannot have such a head.
  init(_ model: PromptedModel, _ encoder: InputEncoder, for head: LinearHead) throws {
    self.model = model
    self.encoder = encoder
    prepared = try model.prepare(nil, readout: .head(head))
    readsWords = head.features == .words
    columns = head.weight.columns
  }

  /// A matrix for each of `texts`: `[1, features]`, of words `[words, features]`.
  func eachRow(_ texts: TokenBatch) throws -> [Matrix] {
    try model.features(texts, prompt: prepared).split(counts(texts))
  }

  /// The same as evaluations take it: one matrix of all texts, `[texts, features]`, of words one a text.
  func matrices(_ texts: TokenBatch) throws -> [Matrix] {
    readsWords ? try eachRow(texts) : [try model.features(texts, prompt: prepared)]
  }

  /// How many vectors each of `texts` has.
  private func counts(_ texts: TokenBatch) -> [Int] {
    readsWords
      ? texts.wordStarts.map(\.count) : [Int](repeating: 1, count: texts.rowCount)
  }

  /// The vectors of some rows.
  struct Rows {
    /// One row's behind the other's. `[vectors, features]`
    let values: Matrix
    /// How many vectors each row has, where these are of words.
    let counts: [Int]?

    /// What `head` says, as evaluations take it.
    func scores(_ head: LinearHead) -> [Matrix] {
      let scores = head.scores(values)
      return counts.map { scores.split($0) } ?? [scores]
    }

    /// The class of each vector, of rows that are `examples`: of words their tags.
    func labels(of examples: [Example]) -> [Int] {
      guard let counts else { return examples.map(\.label) }
      return zip(examples, counts).flatMap { $0.labels.prefix($1) }
    }
  }

  /// The vectors of `examples`; nil where `shouldStop` says so between two batches.
  ///
  /// `progress` is told how many are done. What a batch holds depends on the rows alone, so the same rows
  /// give the same vectors.
  ///
  /// - Throws: `TrainError.notFinite` for a vector that is no vector of numbers, and `ModelError`.
  func rows(
    of examples: [Example], progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool
  ) throws -> Rows? {
    var values: [Float] = []
    var counts: [Int] = []
    if !readsWords {
      let (count, isTooLarge) = examples.count.multipliedReportingOverflow(by: columns)
      guard !isTooLarge else { return nil }
      values.reserveCapacity(count)
    }
    var batch = TokenBatch()
    for (row, example) in examples.enumerated() {
      batch.append(encoder.tokens(example.values))
      guard batch.ids.count >= Self.tokensTogether || row == examples.count - 1 else { continue }
      if shouldStop() { return nil }
      let features = try model.features(batch, prompt: prepared).values
      guard features.allSatisfy(\.isFinite) else {
        throw TrainError.notFinite(what: "the backbone's state of a text")
      }
      values += features
      counts += self.counts(batch)
      batch = TokenBatch()
      progress(counts.count)
    }
    return Rows(
      values: Matrix(rows: values.count / columns, columns: columns, values: values),
      counts: readsWords ? counts : nil)
  }
}

extension Matrix {
  /// Parts of so many rows each.
  fileprivate func split(_ counts: [Int]) -> [Matrix] {
    var next = 0
    return counts.map { count in
      defer { next += count * columns }
      return Matrix(
        rows: count, columns: columns, values: Array(values[next..<next + count * columns]))
    }
  }
}
