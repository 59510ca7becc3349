import EPTFormat
import EPTTask
import Testing

@testable import EPTInfer

@Suite("Tags become spans of the text")
struct TagAnswerTests {
  private static let tags = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]

  private static func kind() throws -> TagAnswers {
    TagAnswers(
      try TaskDefinition(
        name: "ner", fields: ["text"], template: "{text}", segments: ["{text}"],
        labels: tags.map { TaskDefinition.Label($0) }, labelForm: .tags, metric: .entityF1,
        inputLength: 20, split: .stratifiedTenths(seed: 42),
        source: DataSource(folders: [], columns: ["tokens"], label: "tags", records: .words)))
  }

  /// The reply where each word's tag has the score `ln 4` and the others 0: half of the probability.
  private func answer(_ text: WordText, _ tags: [String]) throws -> TaggedText {
    let scores = tags.flatMap { tag in Self.tags.map { $0 == tag ? Float(1.3862944) : 0 } }
    guard case .tags(let tagged)? = try Self.kind().reply(scores, words: text) else {
      throw Missing()
    }
    return tagged
  }

  private struct Missing: Error {}

  @Test("Offsets count Unicode scalars, whatever characters are made of")
  func offsets() throws {
    let text = WordText(
      "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} Zoe\u{308} A\u{301}lva\r\nlives in New  York!")
    #expect(text.words.count == 8)
    let tagged = try answer(text, ["O", "B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC", "O"])
    #expect(tagged.spans.map(\.start) == [6, 27] && tagged.spans.map(\.end) == [16, 36])
    #expect(tagged.spans.map(\.label) == ["PER", "LOC"])
    let scalars = Array(text.text.unicodeScalars)
    for (span, words) in zip(tagged.spans, ["Zoe\u{308} A\u{301}lva", "New  York"]) {
      #expect(Array(span.text.utf8) == Array(words.utf8))
      #expect(Array(span.text.unicodeScalars) == Array(scalars[span.start..<span.end]))
      #expect(abs(span.probability - 0.5) < 1e-6)
    }
  }

  @Test func jsonAndColumns() throws {
    let kind = try Self.kind()
    let tagged = try answer(WordText("Ada in Rome"), ["B-PER", "O", "I-LOC"])
    let json = JSON.object(kind.members(of: .tags(tagged), .init())).serialized()
    #expect(
      json == #"{"spans":[{"start":0,"end":3,"label":"PER","text":"Ada","probability":0.5},"#
        + #"{"start":7,"end":11,"label":"LOC","text":"Rome","probability":0.5}]}"#)
    #expect(kind.columns(of: .tags(tagged), .init()) == ["Ada/B-PER in/O Rome/I-LOC"])
    #expect(kind.columnNames(.init()) == ["tags"] && kind.key == "spans")
    #expect(kind.members(of: .number(1), .init()).isEmpty)
  }

  @Test("Words that were not read are outside; scores that are no numbers are no answer")
  func edges() throws {
    let tagged = try answer(WordText("Ada Low in Rome"), ["B-PER", "I-PER"])
    #expect(tagged.tags == ["B-PER", "I-PER", "O", "O"] && tagged.spans.map(\.end) == [7])
    let kind = try Self.kind()
    #expect(kind.reply([.nan, 0, 0, 0, 0], words: WordText("a")) == nil)
    guard case .tags(let none)? = kind.reply([], words: WordText("")) else { throw Missing() }
    #expect(none.spans.isEmpty && none.sequence.isEmpty)
  }
}
