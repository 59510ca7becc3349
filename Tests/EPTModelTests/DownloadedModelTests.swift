import EPTTestSupport
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTModel

/// Real backbones that are too large for the repository and for `../shared`.
@Suite(.serialized)
struct DownloadedModelTests {
  private static let mpnet = TestPaths.downloadedModel("all-mpnet-base-v2")

  @Test(
    "all-mpnet-base-v2 has transformers' states",
    .enabled(if: mpnet != nil, "needs EPT_MODELS, a folder with all-mpnet-base-v2"),
    arguments: [Precision.f32, .int8])
  func mpnetStates(_ precision: Precision) throws {
    let model = try loadModel(try #require(Self.mpnet), threads: 2, precision: precision)
    let golden = try GoldenTensors(path: TestPaths.fixture("model/mpnet-base.safetensors"))
    let batch = TokenBatch(try golden.texts())
    let states = model.lastHiddenStates(batch)
    let columns = try golden.doubles("columns")  // [tokens, 8]
    let rms = try golden.doubles("rms")  // [tokens]
    let means = try golden.doubles("means")  // [texts, d]
    let count = columns.count / rms.count
    let tolerance = precision == .f32 ? 1e-4 : 0.12

    var squares = 0.0
    for (token, rms) in rms.enumerated() {
      for column in 0..<count {
        let error =
          (Double(states.values[token * model.hiddenSize + column])
            - columns[token * count + column]) / rms
        squares += error * error
        if precision == .f32 { #expect(abs(error) < tolerance, "token \(token)") }
      }
    }
    #expect((squares / Double(columns.count)).squareRoot() < tolerance)

    var meanSquares = (error: 0.0, size: 0.0)
    for index in 0..<batch.count {
      let rows = batch.range(index)
      for column in 0..<model.hiddenSize {
        let sum = rows.reduce(0.0) {
          $0 + Double(states.values[$1 * model.hiddenSize + column])
        }
        let expected = means[index * model.hiddenSize + column]
        let error = sum / Double(rows.count) - expected
        meanSquares.error += error * error
        meanSquares.size += expected * expected
      }
    }
    #expect((meanSquares.error / meanSquares.size).squareRoot() < tolerance)
  }
}
