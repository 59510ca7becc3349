import EPTTestSupport
import Testing

@testable import EPTText

@Suite("Words keep their places among special tokens")
struct WordTemplateTests {
  private let template = Template(
    single: [
      .init(content: .token(1), tokenTypeID: 0), .init(content: .first, tokenTypeID: 0),
      .init(content: .token(2), tokenTypeID: 0),
    ],
    pair: [.init(content: .first, tokenTypeID: 0), .init(content: .second, tokenTypeID: 1)])

  @Test func placesOfWords() {
    let words: [[Int32]] = [[10, 11], [], [12], [13, 14, 15]]
    let whole = template.assemble(words: words, limit: .max)
    #expect(whole.ids == [1, 10, 11, 12, 13, 14, 15, 2])
    #expect(whole.tokenTypeIDs.count == 8 && whole.wordStarts == [1, 3, 3, 4])
    #expect(whole == template.assemble(words: words, limit: 8))
    // Of the last word the beginning is read.
    let cut = template.assemble(words: words, limit: 6)
    #expect(cut.ids == [1, 10, 11, 12, 13, 2] && cut.wordStarts == [1, 3, 3, 4])
    let shorter = template.assemble(words: words, limit: 5)
    #expect(shorter.ids == [1, 10, 11, 12, 2] && shorter.wordStarts == [1, 3, 3])
    for limit in [0, 1, 2, -3] {
      let none = template.assemble(words: words, limit: limit)
      #expect(none.ids.count == max(0, limit) && none.wordStarts.isEmpty)
    }
    #expect(template.assemble(words: [], limit: 9).ids == [1, 2])
    // A last word without tokens starts at the end token.
    #expect(template.assemble(words: [[7], []], limit: 9).wordStarts == [1, 2])
  }

  @Test("Without special tokens a word without tokens starts at the last one")
  func noSpecials() {
    let plain = Template(
      single: [.init(content: .first, tokenTypeID: 0)],
      pair: [.init(content: .first, tokenTypeID: 0), .init(content: .second, tokenTypeID: 0)])
    #expect(plain.assemble(words: [[7, 8], []], limit: 9).wordStarts == [0, 1])
    #expect(plain.assemble(words: [[], []], limit: 9).wordStarts.isEmpty)
  }
}
