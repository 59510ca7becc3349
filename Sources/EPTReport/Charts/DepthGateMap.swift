import EPTCompute
import EPTModel
import EPTTask

/// The gates of the projections after blocks, averaged over the tokens of the test rows.
struct DepthGateMap {
  let shape: DepthShape
  /// The gates, or why there are none.
  let gates: Result<DepthGates, ReportGap>

  var html: String {
    guard shape.subspaces > 1 else { return note("With one subspace there is no gate.") }
    switch gates {
    case .success(let gates): return html(gates)
    case .failure(let gap): return note(gap.reason)
    }
  }

  private func html(_ gates: DepthGates) -> String {
    let means = gates.means
    let even = 1 / Double(shape.subspaces)
    let farthest = means.joined().reduce(0) { max($0, abs($1 - even)) }
    let map = GateMap(even: even, scale: max(farthest, 0.01))
    let matrix = Matrix(
      rows: means.count, columns: shape.subspaces, values: means.joined().map { Float($0) })
    return """
      <p class="small">One column a block (\(shape.blocks): \(shape.encoderBlocks) of the encoder, \
      then \(shape.decoderBlocks) of the decoder), one row a subspace (\(shape.subspaces)). \
      Means over the \(gates.tokens.max() ?? 0) tokens of the test rows. A block's weights sum to 1.</p>
      <div class="scroll">
      \(map.legend)
      \(map.svg(matrix, columns: "block", "Gate weights after blocks"))
      </div>
      """
  }
}
