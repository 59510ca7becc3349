import EPTCompute
import EPTModel
import EPTTask

/// The gate's weights over prompt tokens and subspaces, before and after training.
///
/// Colour shows how far a weight is from 1/K, the weight of a gate that prefers nothing.
struct GateMaps {
  private let bundle: TaskBundle

  init(_ bundle: TaskBundle) {
    self.bundle = bundle
  }

  /// The most columns and rows of a map; more tokens share columns, further subspaces are left out.
  private static let mostColumns = 100
  private static let mostRows = 32

  private let width = 1000.0
  private let left = 92.0
  private let cellHeight = 26.0

  var html: String {
    let shape = bundle.prompt.shape
    guard shape.subspaces > 0, shape.promptLength > 0 else {
      return note(
        bundle.form == .folded
          ? "This bundle is folded: its gate is worked into the prompt."
          : "This prompt has no subspaces, so no gate.")
    }
    let even = 1 / Double(shape.subspaces)
    let after = bundle.prompt.gateWeights()
    let before =
      bundle.training.startGate
      ?? Matrix(
        rows: shape.promptLength, columns: shape.subspaces,
        values: [Float](repeating: Float(even), count: shape.promptLength * shape.subspaces))
    let farthest = (before.values + after.values).reduce(0) { max($0, abs(Double($1) - even)) }
    let scale = max(farthest, 0.01)
    let size = Self.tokensOfColumn(shape.promptLength)
    let column = size == 1 ? "a prompt token" : "the mean of \(size) prompt tokens"
    let leftOut = max(0, shape.subspaces - Self.mostRows)
    return """
      <p class="small">One column \(column) (of \(grouped(shape.promptLength))), one row a subspace \
      (\(grouped(shape.subspaces))). A token's weights sum to 1.\
      \(leftOut > 0 ? " The last \(grouped(leftOut)) subspaces are left out." : "")</p>
      <div class="scroll">
      \(legend(even, scale))
      <h3>Before training</h3>
      \(map(before, even, scale, "Gate weights before training"))
      <h3>After training</h3>
      \(map(after, even, scale, "Gate weights after training"))
      </div>
      """
  }

  /// How many tokens share a column, so that a page can show `count` of them.
  private static func tokensOfColumn(_ count: Int) -> Int {
    max(1, (count + mostColumns - 1) / mostColumns)
  }

  /// The part of `gate` that is shown: means of neighbouring tokens, the first subspaces.
  private static func shown(_ gate: Matrix) -> Matrix {
    let size = tokensOfColumn(gate.rows)
    let subspaces = min(mostRows, gate.columns)
    let starts = Array(stride(from: 0, to: gate.rows, by: size))
    var values: [Float] = []
    for start in starts {
      let tokens = start..<min(start + size, gate.rows)
      for subspace in 0..<subspaces {
        let sum = tokens.reduce(Float(0)) { $0 + gate.values[$1 * gate.columns + subspace] }
        values.append(sum / Float(tokens.count))
      }
    }
    return Matrix(rows: starts.count, columns: subspaces, values: values)
  }

  private func map(_ whole: Matrix, _ even: Double, _ scale: Double, _ label: String) -> String {
    let gate = Self.shown(whole)
    let size = Self.tokensOfColumn(whole.rows)
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
      for token in 0..<gate.rows {
        let weight = Double(gate.values[token * gate.columns + subspace])
        let place =
          "x=\"\(tenth(left + cell * Double(token)))\" y=\"\(y)\" width=\"\(tenth(max(1, cell - 1.5)))\" "
          + "height=\"\(cellHeight - 1.5)\" rx=\"2\""
        let share = min(1, abs(weight - even) / scale)
        parts.append("<rect class=\"cell\" \(place)/>")
        parts.append(
          "<rect class=\"\(weight >= even ? "f1" : "f2")\" fill-opacity=\"\(decimal(share, 3))\" \(place)>"
            + "<title>token \(token * size + 1), subspace \(subspace + 1): \(decimal(weight, 4))</title></rect>"
        )
      }
    }
    let ticks = stride(from: 1, through: gate.rows, by: max(1, (gate.rows + 9) / 10))
    for token in ticks {
      parts.append(
        "<text x=\"\(tenth(left + cell * (Double(token) - 0.5)))\" y=\"\(height - 5)\" text-anchor=\"middle\">\((token - 1) * size + 1)</text>"
      )
    }
    return parts.joined(separator: "\n") + "\n</svg>"
  }

  private func legend(_ even: Double, _ scale: Double) -> String {
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
