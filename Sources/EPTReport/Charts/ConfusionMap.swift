import EPTTask

/// A confusion matrix, each row shaded by the share that its cells have of it.
struct ConfusionMap {
  private let matrix: ConfusionMatrix
  private let labels: [String]

  /// Beyond so many classes the cells have no room for numbers.
  private static let mostNumbered = 12
  /// The most cells that are drawn: one and a half megabytes of a page, two and a half with labels that must
  /// be escaped.
  private static let mostCells = 4_000
  /// The most scalars of a label in a cell's title.
  private static let longestName = 40

  init(_ matrix: ConfusionMatrix, labels: [String]) {
    self.matrix = matrix
    self.labels = labels
  }

  var html: String {
    let classes = labels.count
    let isNumbered = classes <= Self.mostNumbered
    let longest = labels.map(\.count).max() ?? 0
    let left = min(170, 24 + Double(longest) * 7)
    let cell = min(150, (480 - left) / Double(classes))
    let row = isNumbered ? min(64, cell) : cell
    let (width, height) = (480.0, row * Double(classes) + 40)
    var parts = [
      "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"Confusion matrix\">"
    ]
    let step = isNumbered ? 1 : max(5, (classes / 40 + 4) / 5 * 5)
    for truth in labels.indices where truth % step == 0 {
      let y = row * (Double(truth) + 0.5) + 4
      parts.append(
        "<text x=\"\(left - 10)\" y=\"\(decimal(y, 2))\" text-anchor=\"end\">\(shown(truth))</text>"
      )
    }
    if !isNumbered {
      parts.append(
        "<rect class=\"cell\" x=\"\(left)\" y=\"0\" width=\"\(cell * Double(classes))\" "
          + "height=\"\(row * Double(classes))\"/>")
    }
    let (cells, leftOut) = cells(all: isNumbered)
    for place in cells {
      let share = Double(place.count) / Double(max(1, place.rowTotal))
      let (x, y) = (left + cell * Double(place.guess), row * Double(place.truth))
      let gap = isNumbered ? 2 : min(2, cell / 4)
      let size =
        "x=\"\(decimal(x, 2))\" y=\"\(decimal(y, 2))\" width=\"\(decimal(cell - gap, 3))\" "
        + "height=\"\(decimal(row - gap, 3))\" rx=\"\(isNumbered ? 4 : 1)\""
      if isNumbered { parts.append("<rect class=\"cell\" \(size)/>") }
      let title = "\(named(place.truth)) taken for \(named(place.guess))"
      parts.append(
        "<rect class=\"\(place.guess == place.truth ? "f1" : "f2")\" "
          + "fill-opacity=\"\(decimal(share, 3))\" \(size)>"
          + "<title>\(escaped(title)): \(place.count)</title></rect>")
      guard isNumbered else { continue }
      parts.append(
        "<text class=\"\(share > 0.55 ? "on" : "ink")\" x=\"\(x + cell / 2 - 1)\" y=\"\(y + row / 2 + 4)\" "
          + "text-anchor=\"middle\">\(grouped(place.count))</text>")
    }
    for guess in labels.indices where guess % step == 0 {
      parts.append(
        "<text x=\"\(left + cell * (Double(guess) + 0.5))\" y=\"\(row * Double(classes) + 16)\" "
          + "text-anchor=\"middle\">\(shown(guess, room: cell))</text>")
    }
    parts.append(
      "<text x=\"\(left)\" y=\"\(height - 4)\">predicted →</text></svg>")
    return parts.joined(separator: "\n")
      + "\n<p class=\"small\">Rows: the true class, of \(grouped(matrix.total)) test rows. "
      + "Shade: the share of the row."
      + (leftOut > 0 ? " The \(grouped(leftOut)) smallest cells are left out." : "") + "</p>"
  }

  private struct Cell {
    let truth: Int
    let guess: Int
    let count: Int
    /// Test rows of the true class.
    let rowTotal: Int
  }

  /// The cells to draw, and how many are left out: all cells, or those that are not empty.
  ///
  /// If these are too many for a page, the largest are drawn.
  private func cells(all: Bool) -> (cells: [Cell], leftOut: Int) {
    var cells: [Cell] = []
    for (truth, counts) in matrix.counts.enumerated() {
      let total = counts.reduce(0, +)
      for (guess, count) in counts.enumerated() where all || count > 0 {
        cells.append(Cell(truth: truth, guess: guess, count: count, rowTotal: total))
      }
    }
    guard cells.count > Self.mostCells else { return (cells, 0) }
    cells.sort { ($0.count, $1.truth, $1.guess) > ($1.count, $0.truth, $0.guess) }
    return (Array(cells.prefix(Self.mostCells)), cells.count - Self.mostCells)
  }

  /// A label as a cell's title has it.
  private func named(_ index: Int) -> String {
    Self.cut(labels[index], to: Self.longestName)
  }

  /// By scalars, since a character may have any number of them.
  private static func cut(_ label: String, to most: Int) -> String {
    let scalars = label.unicodeScalars
    return scalars.count <= most ? label : String(scalars.prefix(most - 1)) + "…"
  }

  /// A label, cut to `room`.
  private func shown(_ index: Int, room: Double = 160) -> String {
    let most = max(3, Int(room / 6.5))
    return escaped(Self.cut(labels[index], to: most))
  }
}
