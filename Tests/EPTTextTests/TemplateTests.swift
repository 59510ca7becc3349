import EPTTestSupport
import Testing

@testable import EPTText

@Suite("Special tokens and truncation")
struct TemplateTests {
  /// How `tokenizers` cuts pairs, "longest first": room, lengths, what stays.
  static let cuts: [(room: Int, first: Int, second: Int, kept: (Int, Int))] = [
    (7, 0, 0, (0, 0)), (7, 0, 2, (0, 2)), (7, 0, 8, (0, 7)), (7, 8, 0, (7, 0)),
    (7, 2, 4, (2, 4)), (7, 2, 8, (2, 5)), (7, 8, 2, (5, 2)), (7, 4, 4, (3, 4)), (7, 4, 8, (3, 4)),
    (7, 8, 4, (4, 3)), (7, 8, 8, (3, 4)), (1, 5, 5, (0, 1)), (1, 6, 5, (1, 0)), (0, 5, 5, (0, 0)),
    (8, 4, 9, (4, 4)), (Int.max, 5, 9, (5, 9)),
  ]

  @Test("The longer text loses tokens first", arguments: cuts.indices)
  func truncation(_ index: Int) {
    let cut = Self.cuts[index]
    let kept = Template.truncate(cut.first, cut.second, to: cut.room)
    #expect(kept == cut.kept)
  }

  @Test("BERT's template puts the second text into token type 1")
  func bert() {
    let template = Template.bert(classification: 101, separator: 102)
    let pair = template.assemble([7, 8], [9], limit: .max)
    #expect(pair.ids == [101, 7, 8, 102, 9, 102])
    #expect(pair.tokenTypeIDs == [0, 0, 0, 0, 1, 1])
    #expect(template.assemble([7], nil, limit: .max).ids == [101, 7, 102])
  }

  @Test("T5's template keeps everything in token type 0")
  func t5() {
    let pair = Template.t5(end: 1).assemble([7, 8], [9], limit: .max)
    #expect(pair.ids == [7, 8, 1, 9, 1])
    #expect(pair.tokenTypeIDs == [0, 0, 0, 0, 0])
  }

  @Test(
    "Any limit is kept, and the closing token stays", arguments: [Int.min, -1, 0, 1, 2, 3, 4, 5])
  func smallLimits(_ limit: Int) {
    let template = Template.bert(classification: 101, separator: 102)
    let texts: [[Int32]?] = [nil, [], [9, 9, 9]]
    for second in texts {
      let encoded = template.assemble([7, 7, 7], second, limit: limit)
      #expect(encoded.ids.count == encoded.tokenTypeIDs.count)
      #expect(encoded.ids.count <= max(limit, 0))
      #expect(limit < 1 || encoded.ids.last == 102)
      #expect(limit < 3 || encoded.ids.first == 101)
    }
  }

  @Test("A template survives its flat form")
  func flat() throws {
    let template = Template.bert(classification: 101, separator: 102)
    let values = template.values
    let read = values.withUnsafeBufferPointer { Template(values: $0, vocabularySize: 103) }
    #expect(read == template)
    let small = values.withUnsafeBufferPointer { Template(values: $0, vocabularySize: 102) }
    #expect(small == nil)
  }
}
