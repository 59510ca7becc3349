import EPTSystem

/// Columns of text, aligned to the left, and of numbers, aligned to the right.
struct TextTable {
  private let rows: [[String]]
  private let numbers: Set<Int>

  /// - Parameters:
  ///   - rows: The cells, in which control characters are escaped; a row may lack its last ones.
  ///   - numbers: Which columns are of numbers.
  init(_ rows: [[String]], numbers: Set<Int> = []) {
    self.rows = rows.map { $0.map(\.printable) }
    self.numbers = numbers
  }

  /// One line a row, two spaces between columns, none at a line's end.
  var text: String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        if numbers.contains(column) { return space + cell }
        return column == row.count - 1 ? cell : cell + space
      }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
