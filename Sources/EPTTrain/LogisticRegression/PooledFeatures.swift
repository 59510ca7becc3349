import EPTCompute
import EPTModel
import EPTTask

/// What a head reads: one vector of each text's frozen states, computed once.
struct PooledFeatures {
  /// Texts of about so many tokens pass through the backbone together.
  private static let tokensTogether = 8192

  let model: PromptedModel
  let encoder: InputEncoder
  let pooling: Pooling

  /// The vectors of `examples`, `[rows, d]`; nil where `shouldStop` says so between two batches.
  ///
  /// `progress` is told how many are done. What a batch holds depends on the rows alone, so the same rows
  /// give the same vectors.
  ///
  /// - Throws: `TrainError.notFinite` for a vector that is no vector of numbers, and `ModelError`.
  func matrix(
    of examples: [Example], progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool
  ) throws -> Matrix? {
    let columns = model.hiddenSize
    var values: [Float] = []
    let (count, isTooLarge) = examples.count.multipliedReportingOverflow(by: columns)
    guard !isTooLarge else { return nil }
    values.reserveCapacity(count)
    var batch = TokenBatch()
    var done = 0
    for (row, example) in examples.enumerated() {
      batch.append(encoder.tokens(example.values))
      guard batch.ids.count >= Self.tokensTogether || row == examples.count - 1 else { continue }
      if shouldStop() { return nil }
      let states = try model.pooledStates(batch, by: pooling).values
      guard states.allSatisfy(\.isFinite) else {
        throw TrainError.notFinite(what: "the backbone's state of a text")
      }
      values += states
      done += batch.count
      batch = TokenBatch()
      progress(done)
    }
    return Matrix(rows: examples.count, columns: columns, values: values)
  }
}

extension LinearHead {
  /// One logit a class for each row of `features`, `[rows, classes]`.
  package func scores(_ features: Matrix) -> Matrix {
    var scores = Matrix(rows: features.rows, columns: weight.rows)
    features.values.withUnsafeBufferPointer { features in
      weight.values.withUnsafeBufferPointer { weights in
        scores.values.withUnsafeMutableBufferPointer { scores in
          guard let x = features.baseAddress, let w = weights.baseAddress,
            let z = scores.baseAddress
          else { return }
          let columns = weight.columns
          let rows = features.count / columns
          // Views of matrices that are only read.
          Product.multiply(
            MatrixView(base: UnsafeMutablePointer(mutating: x), rows: rows, columns: columns),
            MatrixView(
              base: UnsafeMutablePointer(mutating: w), rows: weight.rows, columns: columns),
            transposeB: true, into: MatrixView(base: z, rows: rows, columns: weight.rows))
          for row in 0..<rows {
            for index in bias.indices { z[row * bias.count + index] += bias[index] }
          }
        }
      }
    }
    return scores
  }
}
