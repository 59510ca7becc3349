import EPTFormat
import EPTSystem
import Testing

@testable import EPTTask

@Suite("Random numbers and splits equal those of fixtures/reference/deterministic.py")
struct RandomNumbersTests {
  @Test func numbersOfAStream() throws {
    let golden = try goldens("random")
    var stream = RandomNumbers(.split, 42)
    for expected in try #require(golden["next"]?.array) {
      #expect(String(stream.next()) == expected.string)
    }
    var uniform = RandomNumbers(.initialisation, 1)
    for expected in try numbers(golden["uniform"]) {
      #expect(uniform.uniform() == Float(expected))
    }
    var normal = RandomNumbers(.initialisation, 2)
    for (actual, expected) in zip(normal.gaussians(5), try numbers(golden["gaussians"])) {
      #expect(abs(actual - Float(expected)) <= 1e-6)
    }
  }

  @Test func numbersBelowABound() throws {
    let bounds = [1, 2, 10, 67_349, 1 << 62]
    for (bound, expected) in zip(bounds, try integers(goldens("random")["below"])) {
      var stream = RandomNumbers(.order, 7, UInt64(bound))
      #expect(stream.below(bound) == expected)
    }
  }

  @Test func shuffleAndSplits() throws {
    let golden = try goldens("random")
    var stream = RandomNumbers(.order, 3)
    #expect(stream.shuffled(12) == (try integers(golden["shuffled"])))
    let heldOut = SplitRule.heldOut(1000, of: 25, seed: 42)
    let halves = SplitRule.halves(of: 9, seed: 42)
    #expect(heldOut.held == (try integers(golden["held_out"]?.array?[0])))
    #expect(heldOut.rest == (try integers(golden["held_out"]?.array?[1])))
    #expect(halves.validation == (try integers(golden["halved"]?.array?[0])))
    #expect(halves.test == (try integers(golden["halved"]?.array?[1])))
  }

  @Test func stratifiedSplits() throws {
    let golden = try #require(goldens("random")["stratified"])
    let labels = try integers(golden["labels"])
    var split = StratifiedSplit(labels, seed: 42)
    #expect(split.take(4) == (try integers(golden["first"])))
    #expect(split.take(4) == (try integers(golden["second"])))
    #expect(split.rest == (try integers(golden["rest"])))
    let halves = StratifiedSplit.halves(of: labels, seed: 42)
    #expect(halves.first == (try integers(golden["halves"]?.array?[0])))
    #expect(halves.second == (try integers(golden["halves"]?.array?[1])))
  }

  @Test(arguments: [1, 2, 3, 999, 10_000, 20_000])
  func everyRowIsInExactlyOnePart(count: Int) {
    let parts = SplitRule.heldOut(1000, of: count, seed: 42)
    #expect((parts.held + parts.rest).sorted() == Array(0..<count))
    #expect(parts.held.count == min(1000, max(1, count / 10)))
    let halves = SplitRule.halves(of: count, seed: 42)
    #expect((halves.validation + halves.test).sorted() == Array(0..<count))
  }

  @Test func purposesAndKeysHaveStreamsOfTheirOwn() {
    var streams = [
      RandomNumbers(.split, 1), RandomNumbers(.order, 1), RandomNumbers(.order, 1, 0),
      RandomNumbers(.order, 0, 1), RandomNumbers(.order, 2),
    ]
    let starts = streams.indices.map { streams[$0].next() }
    #expect(Set(starts).count == starts.count)
  }
}
