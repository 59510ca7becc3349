import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// The method's special cases, and gradients against central differences.
@Suite struct PromptTests {
  private static let shape = PromptShape(
    promptLength: 5, inputLength: 9, hiddenSize: 14, rank: 3, subspaces: 3, subspaceWidth: 2)

  private func randomPrompt(
    _ shape: PromptShape = Self.shape, usesFusion: Bool = true, seed: UInt64 = 20
  ) -> EPTPrompt {
    var noise = Noise(seed)
    var prompt = EPTPrompt(shape: shape, alpha: 2, usesFusion: usesFusion)
    for part in PromptPart.ofPrompt {
      prompt[part].values = noise.floats(prompt[part].values.count)
    }
    return prompt
  }

  @Test func startIsThePlainPromptToTheBit() {
    var prompt = randomPrompt()
    prompt[.lowRankB].values = prompt[.lowRankB].values.map { _ in 0 }
    prompt[.subspaceUp].values = prompt[.subspaceUp].values.map { _ in 0 }
    #expect(prompt.folded().prompt == prompt[.shortPrompt])
    let arena = Arena()
    let rows = PromptPass(prompt, in: arena).lowRankRows(9, in: arena)
    #expect(rows.matrix().values.allSatisfy { $0 == 0 })
  }

  @Test func withoutFusionAndSubspacesItIsDePT() {
    var shape = Self.shape
    shape.subspaces = 0
    shape.subspaceWidth = 0
    let prompt = randomPrompt(shape, usesFusion: false)
    #expect(prompt.folded().prompt == prompt[.shortPrompt])
    let arena = Arena()
    let rows = PromptPass(prompt, in: arena).lowRankRows(9, in: arena).matrix()
    let (a, b) = (prompt[.lowRankA].values, prompt[.lowRankB].values)
    let scale = 2 / 3.0.squareRoot()
    let expected = (0..<9 * 14).map { index in
      (0..<3).reduce(0.0) { sum, r in
        sum + scale * Double(a[index / 14 * 3 + r]) * Double(b[r * 14 + index % 14])
      }
    }
    #expect(largestDifference(rows.values, expected) < 1e-6)
    #expect(prompt.folded().lowRankA == prompt[.lowRankA])
    #expect(prompt.folded().lowRankB == prompt[.lowRankB])
    #expect(abs(Double(prompt.folded().lowRankScale) - scale) < 1e-6)
  }

  @Test(arguments: [true, false])
  func withoutPairAndSubspacesItIsPromptTuning(usesFusion: Bool) {
    let shape = PromptShape(
      promptLength: 12, inputLength: 9, hiddenSize: 14, rank: 0, subspaces: 0, subspaceWidth: 0)
    let prompt = randomPrompt(shape, usesFusion: usesFusion)
    #expect(shape.parameterCount == 12 * 14)
    #expect(prompt.folded().prompt == prompt[.shortPrompt])
    #expect(prompt.folded().lowRankScale == 0)
  }

  @Test func withoutPairItIsMultiSpaceProjection() {
    var shape = Self.shape
    shape.rank = 0
    // Without a pair there is nothing to fuse, whatever the switch says.
    let prompt = randomPrompt(shape)
    var unfused = prompt
    unfused.usesFusion = false
    #expect(prompt.folded() == unfused.folded())
    func value(_ part: PromptPart, _ row: Int, _ column: Int) -> Double {
      Double(prompt[part].values[row * prompt[part].columns + column])
    }
    var expected: [Double] = []
    for row in 0..<5 {
      let scores = (0..<3).map { j in
        (0..<14).reduce(0.0) { $0 + value(.shortPrompt, row, $1) * value(.gate, $1, j) }
      }
      let total = scores.map(exp).reduce(0, +)
      for column in 0..<14 {
        var sum = value(.shortPrompt, row, column)
        for j in 0..<3 {
          for k in 0..<2 {
            let down = (0..<14).reduce(0.0) {
              $0 + value(.shortPrompt, row, $1) * value(.subspaceDown, j * 14 + $1, k)
            }
            sum += exp(scores[j]) / total * down * value(.subspaceUp, j * 2 + k, column)
          }
        }
        expected.append(sum)
      }
    }
    #expect(relativeError(prompt.folded().prompt.values, expected) < 1e-6)
  }

  @Test(arguments: [(true, 3, 3), (false, 3, 3), (true, 0, 3), (true, 3, 0), (false, 2, 1)])
  func everyPartsGradient(usesFusion: Bool, rank: Int, subspaces: Int) {
    var shape = Self.shape
    shape.rank = rank
    shape.subspaces = subspaces
    let prompt = randomPrompt(shape, usesFusion: usesFusion, seed: 21)
    var noise = Noise(22)
    let promptWeights = noise.matrix(5, 14)
    let inputWeights = noise.matrix(rank == 0 ? 0 : 6, 14)
    let arena = Arena()
    let gradient = PromptPass(prompt, in: arena).gradient(
      prompt: arena.copy(promptWeights), input: arena.copy(inputWeights), of: prompt, in: arena)
    #expect(gradient.shape == shape)
    for part in PromptPart.ofPrompt {
      let expected = centralDifferences(prompt[part].values, step: 0.02) { values in
        var moved = prompt
        moved[part].values = values
        return arena.temporary {
          let pass = PromptPass(moved, in: arena)
          var loss = weightedSum(pass.result.matrix().values, promptWeights.values)
          if rank > 0 {
            loss += weightedSum(
              pass.lowRankRows(6, in: arena).matrix().values, inputWeights.values)
          }
          return loss
        }
      }
      #expect(relativeError(gradient[part].values, expected) < 2e-4, "\(part)")
    }
  }
}
