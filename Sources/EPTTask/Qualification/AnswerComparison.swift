import EPTCompute
import Glibc

/// How the answers of one encoding of a backbone differ from those of another.
public struct AnswerComparison: Sendable, Equatable {
  /// A row whose answer is another one.
  public struct Change: Sendable, Equatable {
    /// The row's place, from 0.
    public let row: Int
    /// The reference's answer and the candidate's, by class id.
    public let reference: Int
    public let candidate: Int
    /// By how much the answer's probability exceeds the next one's.
    public let referenceMargin: Double
    public let candidateMargin: Double
  }

  /// How many rows were compared.
  public let rows: Int
  /// Rows whose answer is another one, those first of which the reference was surest.
  public let changes: [Change]
  /// The largest and the mean difference of a row's probabilities; of a row the largest counts.
  public let largestDifference: Double
  /// The mean distance of a probability from the reference's.
  public let meanDifference: Double

  /// The share of rows with the same answer; 1 without rows.
  public var agreement: Double {
    rows == 0 ? 1 : Double(rows - changes.count) / Double(rows)
  }

  /// Compares probabilities, one row a text and one column a class, row by row.
  public init(reference: [[Double]], candidate: [[Double]]) {
    var changes: [Change] = []
    var (largest, sum) = (0.0, 0.0)
    for (row, (old, new)) in zip(reference, candidate).enumerated() {
      let difference = zip(old, new).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
      largest = max(largest, difference)
      sum += difference
      let (before, after) = (Probabilities.answer(old), Probabilities.answer(new))
      guard before != after else { continue }
      changes.append(
        Change(
          row: row, reference: before, candidate: after,
          referenceMargin: Probabilities.margin(old), candidateMargin: Probabilities.margin(new)))
    }
    rows = min(reference.count, candidate.count)
    self.changes = changes.sorted {
      ($1.referenceMargin, $0.row) < ($0.referenceMargin, $1.row)
    }
    largestDifference = largest
    meanDifference = rows == 0 ? 0 : sum / Double(rows)
  }
}

/// A row's probabilities, one a class.
public enum Probabilities {
  /// The softmax of each row of `scores` divided by `temperature`, one matrix a batch.
  public static func rows(_ scores: [Matrix], temperature: Double = 1) -> [[Double]] {
    scores.flatMap { matrix in
      (0..<matrix.rows).map { row in
        let start = row * matrix.columns
        let values = matrix.values[start..<start + matrix.columns].map(Double.init)
        let largest = values.max() ?? 0
        let weights = values.map { exp(($0 - largest) / temperature) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
      }
    }
  }

  /// The class with the largest probability, of equal ones the first.
  public static func answer(_ row: [Double]) -> Int {
    row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
  }

  /// By how much the largest exceeds the next.
  static func margin(_ row: [Double]) -> Double {
    let sorted = row.sorted(by: >)
    return sorted.count < 2 ? 1 : sorted[0] - sorted[1]
  }
}
