import EPTModel
import EPTTask

/// How many numbers each part of the prompt has, beside a plain prompt's.
struct ParameterBudget {
  private let bundle: TaskBundle

  init(_ bundle: TaskBundle) {
    self.bundle = bundle
  }

  private struct Part {
    let name: String
    let formula: String
    let count: Int
  }

  private var parts: [Part] {
    let shape = bundle.prompt.shape
    let (s, n, d, r) = (shape.promptLength, shape.inputLength, shape.hiddenSize, shape.rank)
    let (subspaces, k) = (shape.subspaces, shape.subspaceWidth)
    var parts = [
      Part(name: "short prompt", formula: "s·d = \(s)·\(d)", count: s * d),
      Part(name: "low-rank pair", formula: "(n+d)·r = (\(n)+\(d))·\(r)", count: (n + d) * r),
      Part(
        name: "subspaces", formula: "2·K·k·d = 2·\(subspaces)·\(k)·\(d)",
        count: 2 * subspaces * k * d),
      Part(name: "gate", formula: "K·d = \(subspaces)·\(d)", count: subspaces * d),
    ]
    if let depth = shape.depth {
      let gate = depth.subspaces > 1 ? " + \(depth.subspaces)" : ""
      parts.append(
        Part(
          name: "after blocks",
          formula: "L·(2·K·k + K)·d = \(depth.blocks)·(2·\(depth.subspaces)·\(depth.subspaceWidth)"
            + "\(gate))·\(d)", count: shape.depthParameterCount))
    }
    if case .head(let head) = bundle.readout {
      let (outputs, inputs) = (head.bias.count, head.weight.columns)
      let formula =
        head.kind == .classes && head.features == .text ? "classes·(d+1)" : "outputs·(features+1)"
      parts.append(
        Part(
          name: "head", formula: "\(formula) = \(outputs)·\(inputs + 1)",
          count: outputs * (inputs + 1)))
    }
    return parts
  }

  var html: String {
    let parts = parts
    let total = parts.reduce(0) { $0 + $1.count }
    let prompt = bundle.prompt.shape.parameterCount
    let budget = bundle.training.settings["budget"]?.integer
    let whole = Double(max(1, total, budget ?? 0))
    let bars = parts.enumerated().filter { $0.element.count > 0 }.map { index, part in
      "<span class=\"p\(index + 1)\" style=\"width:\(decimal(Double(part.count) / whole * 100, 2))%\" "
        + "title=\"\(part.name): \(part.count)\"></span>"
    }
    let rows = parts.enumerated().filter { $0.element.count > 0 }.map { index, part in
      "<tr><td><span class=\"key p\(index + 1)\"></span>\(part.name)</td><td>\(part.formula)</td>"
        + "<td class=\"n\">\(grouped(part.count))</td></tr>"
    }
    let against =
      budget.map { budget in
        "The prompt has \(grouped(prompt)) numbers; the budget, a plain prompt of "
          + "\(budget / max(1, bundle.prompt.shape.hiddenSize)) rows, is \(grouped(budget))."
      } ?? "The prompt has \(grouped(prompt)) numbers."
    return """
      <div class="bar">\(bars.joined())</div>
      <table>
      \(rows.joined(separator: "\n"))
      <tr><td>together</td><td></td><td class="n">\(grouped(total))</td></tr>
      </table>
      <p class="small">\(against)</p>
      """
  }
}
