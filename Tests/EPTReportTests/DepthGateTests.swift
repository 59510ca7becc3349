import EPTFormat
import EPTTask
import Testing

@testable import EPTModel
@testable import EPTReport

/// The gates of projections after blocks on the page.
struct DepthGateTests {
  private static let shape = DepthShape(
    encoderBlocks: 2, decoderBlocks: 1, subspaces: 2, subspaceWidth: 1)

  private func gates() -> DepthGates {
    var gates = DepthGates(Self.shape)
    for (block, gate) in [(0, [0.25, 0.75]), (0, [0.75, 0.25]), (1, [1, 0]), (2, [0.1, 0.9])] {
      gates.add(gate.map { Float($0) }, block: block)
    }
    return gates
  }

  @Test("one cell a block and subspace, its mean over tokens")
  func map() {
    let html = DepthGateMap(shape: Self.shape, gates: .success(gates())).html
    for (block, subspace, mean) in [
      (1, 1, "0.5"), (1, 2, "0.5"), (2, 1, "1"), (2, 2, "0"), (3, 1, "0.1"), (3, 2, "0.9"),
    ] {
      #expect(html.contains("block \(block), subspace \(subspace): \(mean)<"), "\(html)")
    }
    #expect(html.contains("2 of the encoder") && html.contains("1 of the decoder"))
  }

  @Test("why there is no map is said")
  func gaps() {
    var plain = Self.shape
    plain.subspaces = 1
    #expect(DepthGateMap(shape: plain, gates: .success(gates())).html.contains("no gate"))
    let gap = DepthGateMap(shape: Self.shape, gates: .failure(ReportGap("no <rows>"))).html
    #expect(gap.contains("no &lt;rows&gt;"))
  }

  @Test("a page shows the map of a bundle in depth, and only of one")
  func page() throws {
    var bundle = try ReportTests.bundle()
    #expect(
      !Report(bundle, confusion: .failure(ReportGap(""))).html().contains("after blocks</h2>"))
    var shape = bundle.prompt.shape
    shape.depth = Self.shape
    bundle.prompt = EPTPrompt(shape: shape)
    let html = Report(
      bundle, confusion: .failure(ReportGap("")), depthGates: .success(gates())
    ).html()
    #expect(html.contains("Gate after blocks</h2>") && html.contains("block 3, subspace 2"))
    // Three blocks of 2·2·1 + 2 vectors of 4 numbers.
    #expect(html.contains("L·(2·K·k + K)·d") && html.contains("<td class=\"n\">72</td>"))
  }
}
