import EPTCompute
import EPTModel
import Testing

@testable import EPTTrain

struct PromptStartTests {
  private let shape = PromptShape(
    promptLength: 20, inputLength: 64, hiddenSize: 32, rank: 9, subspaces: 3, subspaceWidth: 4)
  /// 50 rows, row i filled with i.
  private let vocabulary = Matrix(
    rows: 50, columns: 32, values: (0..<50).flatMap { [Float](repeating: Float($0), count: 32) })

  private func start(_ shape: PromptShape, seed: UInt64 = 1) -> EPTPrompt {
    PromptStart.prompt(
      filling: EPTPrompt(shape: shape), vocabulary: vocabulary, seed: seed)
  }

  @Test func distributions() {
    let prompt = start(shape)
    let rows = (0..<20).map { Array(prompt[.shortPrompt].values[$0 * 32..<($0 + 1) * 32]) }
    #expect(rows.allSatisfy { row in row.allSatisfy { $0 == row[0] } })
    #expect(Set(rows.map { $0[0] }).count == 20)
    let a = prompt[.lowRankA].values
    #expect(a.allSatisfy { abs($0) <= 1 / 3 })
    // The variance of a uniform number in ±b is b²/3.
    #expect(abs(variance(a) / (1 / 27) - 1) < 0.15)
    #expect(abs(variance(prompt[.subspaceDown].values) * 32 - 1) < 0.25)
    for part in [PromptPart.lowRankB, .subspaceUp, .gate] {
      #expect(prompt[part].values.allSatisfy { $0 == 0 })
    }
  }

  @Test func seedsDiffer() {
    #expect(start(shape) == start(shape))
    #expect(start(shape) != start(shape, seed: 2))
  }

  @Test func aSwitchedOffPartLeavesTheOthersAsTheyAre() {
    var without = shape
    without.rank = 0
    #expect(start(without)[.shortPrompt] == start(shape)[.shortPrompt])
    #expect(start(without)[.subspaceDown] == start(shape)[.subspaceDown])
    without.subspaces = 0
    #expect(start(without)[.shortPrompt] == start(shape)[.shortPrompt])
  }

  @Test func aSmallVocabularyIsUsedAgain() {
    var long = shape
    long.promptLength = 120
    let values = start(long)[.shortPrompt].values
    #expect(Set(values).count == 50)
    #expect(Array(values[0..<32]) == Array(values[50 * 32..<51 * 32]))
  }

  private func variance(_ values: [Float]) -> Double {
    values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
  }
}
