/// The columns of a record of a table.
enum TableCells {
  /// The columns of `record`, which stand between `separator`s and are never quoted.
  static func plain(_ record: [UInt8], separator: UInt8) -> [[UInt8]] {
    record.split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
  }

  /// The columns of `record` by RFC 4180: one that begins with a quote ends with one, and two quotes
  /// within are one.
  ///
  /// - Throws: `DataFault.quote` for text after a closing quote, or a quote that is not closed.
  static func quoted(_ record: [UInt8], separator: UInt8) throws -> [[UInt8]] {
    let quote = UInt8(ascii: "\"")
    var cells: [[UInt8]] = []
    var place = 0
    while true {
      var cell: [UInt8] = []
      if place < record.count, record[place] == quote {
        place += 1
        while true {
          guard let end = record[place...].firstIndex(of: quote) else {
            throw DataFault.quote(
              reason: "a quote opens here and is never closed; close it, or write it twice")
          }
          cell += record[place..<end]
          place = end + 1
          guard place < record.count, record[place] == quote else { break }
          cell.append(quote)
          place += 1
        }
        guard place == record.count || record[place] == separator else {
          throw DataFault.quote(
            reason: "text stands after the closing quote of column \(cells.count + 1);"
              + " a quote within a quoted text is written twice")
        }
      } else {
        let end = record[place...].firstIndex(of: separator) ?? record.count
        cell = Array(record[place..<end])
        place = end
      }
      cells.append(cell)
      guard place < record.count else { return cells }
      place += 1
    }
  }
}
