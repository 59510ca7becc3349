import EPTTask

/// A confusion matrix, each row shaded by the share that its cells have of it.
struct ConfusionMap {
  private let matrix: ConfusionMatrix
  private let labels: [String]

  /// Beyond so many classes the cells have no room for numbers.
  private static let mostNumbered = 12

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
    for (truth, counts) in matrix.counts.enumerated() {
      let total = max(1, counts.reduce(0, +))
      let y = row * Double(truth)
      if isNumbered || truth % 5 == 0 {
        parts.append(
          "<text x=\"\(left - 10)\" y=\"\(y + row / 2 + 4)\" text-anchor=\"end\">\(shown(truth))</text>"
        )
      }
      for (guess, count) in counts.enumerated() {
        let share = Double(count) / Double(total)
        let x = left + cell * Double(guess)
        let size =
          "x=\"\(x)\" y=\"\(y)\" width=\"\(cell - 2)\" height=\"\(row - 2)\" rx=\"\(isNumbered ? 4 : 1)\""
        parts.append("<rect class=\"cell\" \(size)/>")
        parts.append(
          "<rect class=\"\(guess == truth ? "f1" : "f2")\" fill-opacity=\"\(decimal(share, 3))\" \(size)>"
            + "<title>\(escaped("\(labels[truth]) taken for \(labels[guess])")): \(count)</title></rect>"
        )
        guard isNumbered else { continue }
        parts.append(
          "<text class=\"\(share > 0.55 ? "on" : "ink")\" x=\"\(x + cell / 2 - 1)\" y=\"\(y + row / 2 + 4)\" "
            + "text-anchor=\"middle\">\(grouped(count))</text>")
      }
    }
    for guess in labels.indices where isNumbered || guess % 5 == 0 {
      parts.append(
        "<text x=\"\(left + cell * (Double(guess) + 0.5))\" y=\"\(row * Double(classes) + 16)\" "
          + "text-anchor=\"middle\">\(shown(guess, room: cell))</text>")
    }
    parts.append(
      "<text x=\"\(left)\" y=\"\(height - 4)\">predicted →</text></svg>")
    return parts.joined(separator: "\n")
      + "\n<p class=\"small\">Rows: the true class, of \(grouped(matrix.total)) test rows. "
      + "Shade: the share of the row.</p>"
  }

  /// A label, cut to `room`.
  private func shown(_ index: Int, room: Double = 160) -> String {
    let most = max(3, Int(room / 6.5))
    let label = labels[index]
    return escaped(label.count <= most ? label : label.prefix(most - 1) + "…")
  }
}
