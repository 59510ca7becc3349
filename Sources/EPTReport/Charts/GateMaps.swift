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
    let map = GateMap(even: even, scale: max(farthest, 0.01))
    let size = GateMap.gatesOfColumn(shape.promptLength)
    let column = size == 1 ? "a prompt token" : "the mean of \(size) prompt tokens"
    let leftOut = max(0, shape.subspaces - GateMap.mostRows)
    return """
      <p class="small">One column \(column) (of \(grouped(shape.promptLength))), one row a subspace \
      (\(grouped(shape.subspaces))). A token's weights sum to 1.\
      \(leftOut > 0 ? " The last \(grouped(leftOut)) subspaces are left out." : "")</p>
      <div class="scroll">
      \(map.legend)
      <h3>Before training</h3>
      \(map.svg(before, columns: "token", "Gate weights before training"))
      <h3>After training</h3>
      \(map.svg(after, columns: "token", "Gate weights after training"))
      </div>
      """
  }
}
