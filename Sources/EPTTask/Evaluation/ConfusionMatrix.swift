import EPTCompute
import EPTModel

/// How often each class was taken for each.
public struct ConfusionMatrix: Sendable, Equatable {
  /// Rows by true class, then by predicted class.
  public private(set) var counts: [[Int]]

  /// Counts the best class of each row of `scores` against `examples`, of `classes` classes.
  ///
  /// `scores` has one matrix a batch: one row a text, one column a class.
  public init(scores: [Matrix], examples: [Example], classes: Int) {
    counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (guess, example) in zip(scores.flatMap(\.bestColumns), examples)
    where example.label < classes {
      counts[example.label][guess] += 1
    }
  }

  /// How many rows were counted.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
}

extension Matrix {
  /// Each row's column with the largest number; of equal ones the first.
  var bestColumns: [Int] {
    (0..<rows).map { row in
      let numbers = values[row * columns..<(row + 1) * columns]
      return numbers.indices.max {
        numbers[$0] < numbers[$1] || (numbers[$0] == numbers[$1] && $0 > $1)
      }
      .map { $0 - row * columns } ?? 0
    }
  }
}
