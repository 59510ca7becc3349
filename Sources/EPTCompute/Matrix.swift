/// A row-major matrix of binary32 numbers; tokens are rows.
public struct Matrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// `[rows, columns]`, row-major.
  public var values: [Float]

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: [Float](repeating: 0, count: rows * columns))
  }

  /// Takes `rows * columns` numbers over.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(
      values.count == rows * columns, "\(values.count) numbers for [\(rows), \(columns)]")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The rows, one array each.
  public var eachRow: [[Float]] {
    (0..<rows).map { Array(values[$0 * columns..<($0 + 1) * columns]) }
  }
}
