import EPTCompute
import EPTFormat
import Foundation
import Testing

@testable import EPTTask

@Suite("Tags of one text are chosen together")
struct TagTransitionsTests {
  /// Rows of the tags 0, 1 and 2, of which 2 never follows 0.
  private static let rows = [[0, 1, 2, 0, 0], [1, 2, 2, 0], [0, 0, 1]]

  /// What a sequence scores, by the formula: p(y | y') and p(y) of counts with one more of each pair.
  private func sum(_ tags: [Int], _ scores: [[Double]]) -> Double {
    let count = scores[0].count
    // [before][tag], the beginning last
    var pairs = [[Double]](repeating: [Double](repeating: 0, count: count), count: count + 1)
    for row in Self.rows {
      for (before, tag) in zip([count] + row, row) { pairs[before][tag] += 1 }
    }
    let totals = (0..<count).map { tag in pairs.map { $0[tag] }.reduce(1, +) }
    var sum = 0.0
    for (place, tag) in tags.enumerated() {
      let row = pairs[place == 0 ? count : tags[place - 1]]
      let behind = (row[tag] + 1) / (row.reduce(0, +) + Double(count))
      let logSum = log(scores[place].map { exp($0) }.reduce(0, +))
      sum += scores[place][tag] - logSum + log(behind) - log(totals[tag] / totals.reduce(0, +))
    }
    return sum
  }

  @Test("The sequence has the highest sum of all sequences")
  func best() throws {
    let transitions = try #require(TagTransitions(Self.rows, tags: 3))
    var state: UInt32 = 7
    for words in 1...5 {
      for _ in 0..<20 {
        let scores = (0..<words).map { _ in
          (0..<3).map { _ -> Double in
            state = 1_664_525 &* state &+ 1_013_904_223
            return Double(state >> 16) / 16_384 - 2
          }
        }
        let all = (0..<Int(pow(3.0, Double(words)))).map { number in
          (0..<words).map { number / Int(pow(3.0, Double($0))) % 3 }
        }
        let highest = try #require(all.max { sum($0, scores) < sum($1, scores) })
        #expect(transitions.best(scores.flatMap { $0.map { Float($0) } }) == highest)
      }
    }
    #expect(transitions.best([]).isEmpty)
  }

  @Test("What never happens in training gives way to what does; a sure word stays")
  func givesWay() throws {
    // Behind B-LOC stands I-LOC or O in training, never a second B-LOC.
    let task = try EntityTests.task(["O", "B-LOC", "I-LOC"])
    let rows = (0..<30).map { $0 < 10 ? [0, 1, 2, 0] : [0, 1, 0, 0] }
    let counted = task.countingTransitions(
      of: rows.map { Example(values: $0.map { "w\($0)" }, label: 1, labels: $0) })
    func scores(_ values: [Float]) -> Matrix { Matrix(rows: 3, columns: 3, values: values) }
    let unsure = scores([0, 3, 0, 0, 1, 0.5, 4, 0, 0])
    #expect(task.tags(of: unsure) == [1, 1, 0])
    #expect(counted.tags(of: unsure) == [1, 2, 0])
    #expect(counted.tags(of: scores([0, 9, 0, 0, 20, 0.5, 4, 0, 0])) == [1, 1, 0])
  }

  @Test("They stand in the definition; tables that do not fit are refused")
  func json() throws {
    let examples = [Example(values: ["a", "b"], label: 1, labels: [1, 0])]
    let task = try EntityTests.task(["O", "B-LOC"]).countingTransitions(of: examples)
    #expect(task.json["tag_transitions"] == [[0, 0], [1, 0], [0, 1]])
    #expect(try TaskDefinition(task.json) == task)
    #expect(try task.splitting(by: .stratifiedHalves(seed: 1)).tagTransitions != nil)
    for table: JSON in [
      [[0, 0], [1, 0]], [[0, 0], [1, 0], [0, -1]], [[0, 0], [1, 0], [0, "1"]], [[0], [1], [0]], [],
      1,
    ] {
      let members = (task.json.object ?? []).map {
        $0.key == "tag_transitions" ? JSONMember($0.key, table) : $0
      }
      #expect(throws: TaskError.self) { try TaskDefinition(.object(members)) }
    }
    let plain = try EntityTests.task(["O", "B-LOC"])
    #expect(plain.json["tag_transitions"] == nil)
    #expect(TagTransitions([], tags: 65) == nil)
  }
}
