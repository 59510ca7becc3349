/// One HTML page of tables; it refers to no other file.
public struct QualificationPage {
  private let title: String
  private let summary: String
  private let tables: [(name: String, rows: [[String]])]

  /// The first row of each table names its columns.
  public init(title: String, summary: String, tables: [(name: String, rows: [[String]])]) {
    self.title = title
    self.summary = summary
    self.tables = tables
  }

  /// The page.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>
    \(PageStyle.sheet)
    </style></head>
    <body><main>
    <h1>\(escaped(title))</h1>
    <p class="under">\(escaped(summary))</p>
    <div class="cards">
    \(tables.filter { $0.rows.count > 1 }.map(card).joined(separator: "\n"))
    </div>
    </main></body></html>

    """
  }

  private func card(_ table: (name: String, rows: [[String]])) -> String {
    let rows = table.rows.enumerated().map { index, cells in
      let tag = index == 0 ? "th" : "td"
      return "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>"
    }
    return "<section class=\"card wide\"><h2>\(escaped(table.name))</h2><table>\n"
      + rows.joined(separator: "\n") + "\n</table></section>"
  }
}
