import EPTCompute

/// Weights of gates over subspaces, as cells.
///
/// Colour shows how far a weight is from 1/K, the weight of a gate that prefers nothing.
struct GateMap {
  /// `1/K`.
  let even: Double
  /// The distance from `even` that has the strongest colour.
  let scale: Double

  /// The most columns and rows of a map; more gates share columns, further subspaces are left out.
  static let mostColumns = 100
  static let mostRows = 32

  private let width = 1000.0
  private let left = 92.0
  private let cellHeight = 26.0

  /// How many of `count` gates share a column, so that a page can show them.
  static func gatesOfColumn(_ count: Int) -> Int {
    max(1, (count + mostColumns - 1) / mostColumns)
  }

  /// The part of `gate` that is shown: means of neighbouring gates, the first subspaces.
  private static func shown(_ gate: Matrix) -> Matrix {
    let size = gatesOfColumn(gate.rows)
    let subspaces = min(mostRows, gate.columns)
    let starts = Array(stride(from: 0, to: gate.rows, by: size))
    var values: [Float] = []
    for start in starts {
      let gates = start..<min(start + size, gate.rows)
      for subspace in 0..<subspaces {
        let sum = gates.reduce(Float(0)) { $0 + gate.values[$1 * gate.columns + subspace] }
        values.append(sum / Float(gates.count))
      }
    }
    return Matrix(rows: starts.count, columns: subspaces, values: values)
  }

  /// The weights of one gate a row of `whole`, drawn as a column; `columns` says what each one is.
  func svg(_ whole: Matrix, columns: String, _ label: String) -> String {
    let gate = Self.shown(whole)
    let size = Self.gatesOfColumn(whole.rows)
    let cell = (width - left) / Double(gate.rows)
    let height = cellHeight * Double(gate.columns) + 20
    var parts = [
      "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(label)\">"
    ]
    for subspace in 0..<gate.columns {
      let y = cellHeight * Double(subspace)
      parts.append(
        "<text x=\"\(left - 10)\" y=\"\(y + cellHeight / 2 + 4)\" text-anchor=\"end\">subspace \(subspace + 1)</text>"
      )
      for column in 0..<gate.rows {
        let weight = Double(gate.values[column * gate.columns + subspace])
        let place =
          "x=\"\(tenth(left + cell * Double(column)))\" y=\"\(y)\" width=\"\(tenth(max(1, cell - 1.5)))\" "
          + "height=\"\(cellHeight - 1.5)\" rx=\"2\""
        let share = min(1, abs(weight - even) / scale)
        parts.append("<rect class=\"cell\" \(place)/>")
        parts.append(
          "<rect class=\"\(weight >= even ? "f1" : "f2")\" fill-opacity=\"\(decimal(share, 3))\" \(place)>"
            + "<title>\(columns) \(column * size + 1), subspace \(subspace + 1): \(decimal(weight, 4))</title></rect>"
        )
      }
    }
    let ticks = stride(from: 1, through: gate.rows, by: max(1, (gate.rows + 9) / 10))
    for column in ticks {
      parts.append(
        "<text x=\"\(tenth(left + cell * (Double(column) - 0.5)))\" y=\"\(height - 5)\" text-anchor=\"middle\">\((column - 1) * size + 1)</text>"
      )
    }
    return parts.joined(separator: "\n") + "\n</svg>"
  }

  /// What the colours mean.
  var legend: String {
    let steps = stride(from: -1.0, through: 1.0, by: 0.25).map { share -> String in
      let x = 70 + (share + 1) * 4 * 22
      return
        "<rect class=\"cell\" x=\"\(x)\" y=\"2\" width=\"22\" height=\"14\"/>"
        + "<rect class=\"\(share >= 0 ? "f1" : "f2")\" fill-opacity=\"\(abs(share))\" x=\"\(x)\" y=\"2\" width=\"22\" height=\"14\"/>"
    }
    return "<svg viewBox=\"0 0 1000 20\" role=\"img\" aria-label=\"Colour scale\">"
      + "<text x=\"62\" y=\"14\" text-anchor=\"end\">\(decimal(max(0, even - scale), 3))</text>"
      + steps.joined()
      + "<text x=\"276\" y=\"14\">\(decimal(even + scale, 3))</text>"
      + "<text x=\"330\" y=\"14\">middle: 1/K = \(decimal(even, 3))</text></svg>"
  }

  private func tenth(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
