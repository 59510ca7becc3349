import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("First ten examples of each preset, against fixtures/reference/make_rendered.py")
struct RenderedExampleTests {
  private static func goldens(_ key: String, task: String) throws -> [JSON] {
    let path = TestPaths.fixture("task/rendered.json")
    let json = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
    let cases = try #require(json[key]?.array).filter { $0["task"]?.string == task }
    #expect(cases.count == 2)
    return cases
  }

  /// The first ten rows of a split: what the backbone reads, the label's word and its digit.
  private static func rendered(_ name: String, _ golden: JSON, data: String) throws -> [[String]] {
    let task = try TaskCatalogue.task(named: name)
    let digits = try task.labelled(.digits)
    let location = try DataLocation.find(task, data: data, environment: [:])
    let isTrain = golden["split"]?.string == "train"
    let file = try location.require(isTrain ? ["train"] : DataLocation.devNames, task: name)
    return try Dataset.read(file, task).prefix(10).map { row in
      let input = task.input(row.values, hasDecoder: true)
      #expect(input.second == nil)
      return [input.first, task.labels[row.label].word, digits.labels[row.label].word]
    }
  }

  @Test("made-up rows with the official files' quirks", arguments: TaskCatalogue.names)
  func madeUpRows(name: String) throws {
    for golden in try Self.goldens("made_up", task: name) {
      let rows = try Self.rendered(name, golden, data: TestPaths.fixture("task/rows"))
      for (column, key) in ["inputs", "words", "digits"].enumerated() {
        let expected = try #require(golden[key]?.array).map { try #require($0.string) }
        #expect(rows.map { $0[column] } == expected)
      }
    }
  }

  @Test(
    "official rows, by digest", .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: TaskCatalogue.names)
  func officialRows(name: String) throws {
    for golden in try Self.goldens("official", task: name) {
      let rows = try Self.rendered(name, golden, data: TestPaths.shared("data"))
      #expect(rows.count == 10)
      let digests = rows.map { row in
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in row.flatMap({ $0.utf8 + [0] }) {
          digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return String(digest)
      }
      #expect(digests == golden["digests"]?.array?.compactMap(\.string))
    }
  }

  @Test("the made-up QQP rows that are broken in two are counted")
  func brokenRows() throws {
    let task = try TaskCatalogue.task(named: "qqp")
    let folder = TestPaths.fixture("task/rows/QQP")
    let data = try Dataset(task, train: "\(folder)/train.tsv", dev: "\(folder)/dev.tsv")
    // Two halves of a row in each file; the empty line has no columns to count.
    #expect(data.skippedRows == 4)
    #expect(data.test.count == 2)
  }
}
