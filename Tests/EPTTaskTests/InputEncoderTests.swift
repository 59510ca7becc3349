import EPTFormat
import EPTModel
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTTask

struct InputEncoderTests {
  /// One token a scalar; a pair's second text is a token type of its own.
  private struct ScalarTokenizer: Tokenizer {
    let vocabularySize = 128
    var ignoresCase = false

    func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
      let a = tokens(of: first)
      let b = second.map(tokens) ?? []
      let tokenTypeIDs = a.map { _ in UInt8(0) } + b.map { _ in UInt8(1) }
      return TokenizedText(
        ids: Array((a + b).prefix(limit)), tokenTypeIDs: Array(tokenTypeIDs.prefix(limit)))
    }

    func encode(words: [[Int32]], limit: Int) -> TokenizedText {
      let ids = Array(words.joined().prefix(limit))
      return TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })
    }

    func tokens(of text: String) -> [Int32] {
      (ignoresCase ? text.lowercased() : text).unicodeScalars.map { Int32($0.value) }
    }

    func piece(_ id: Int32) -> String? { nil }

    func frequentTokens(limit: Int) -> [Int32] { [] }
  }

  @Test func pairsAndTemplates() throws {
    let task = try TaskCatalogue.task(named: "rte").limited(to: 22)
    let tokenizer = ScalarTokenizer()
    let pair = InputEncoder(task, tokenizer, hasDecoder: false).tokens(["ab", "c"])
    #expect(pair.ids == tokenizer.tokens(of: "abc"))
    #expect(pair.tokenTypeIDs == [0, 0, 1])
    let whole = InputEncoder(task, tokenizer, hasDecoder: true).tokens(["ab", "c"])
    #expect(whole.ids == tokenizer.tokens(of: "rte sentence1: ab sent"))
    #expect(whole.tokenTypeIDs.allSatisfy { $0 == 0 })
  }

  /// Behind a text, a label stands behind a space, and the end token behind it.
  @Test func labelsThatContinueTexts() throws {
    let json = try String(
      contentsOfFile: TestPaths.fixture("model/llama/config.json"), encoding: .utf8)
    let model = try PromptedModel(
      weights: SafetensorsFile(path: TestPaths.fixture("model/llama/model.safetensors")),
      configuration: JSON(parsing: json), threads: 1)
    let task = try TaskCatalogue.task(named: "sst2")
    let tokenizer = ScalarTokenizer()
    #expect(
      try InputEncoder(task, tokenizer, for: model).labelTokens()
        == [" negative", " positive"].map { tokenizer.tokens(of: $0) + [1] })
  }

  /// The template's words before the first field; none where texts come first.
  @Test func beginningsThatRowsShare() throws {
    let task = try TaskCatalogue.task(named: "rte")
    let tokenizer = ScalarTokenizer()
    #expect(
      InputEncoder(task, tokenizer, hasDecoder: true).beginning
        == tokenizer.tokens(of: "rte sentence1: "))
    #expect(InputEncoder(task, tokenizer, hasDecoder: false).beginning.isEmpty)
    #expect(
      InputEncoder(task.limited(to: 3), tokenizer, hasDecoder: true).beginning
        == tokenizer.tokens(of: "rte"))
  }

  @Test func labelTokensAreDistinct() throws {
    let task = try TaskCatalogue.task(named: "sst2").limited(to: 3)
    let tokenizer = ScalarTokenizer()
    // The input length does not cut label words.
    #expect(
      try InputEncoder(task, tokenizer, hasDecoder: true).labelTokens()
        == ["negative", "positive"].map(tokenizer.tokens))
    let source = DataSource(folders: [], columns: ["text"])
    let ambiguous = try TaskDefinition(
      name: "mine", fields: ["text"], template: "{text}", segments: ["{text}"],
      labels: [.init("Yes"), .init("yes")], metric: .accuracy, inputLength: 9,
      split: .halvedDev(seed: 1), source: source)
    #expect {
      try InputEncoder(ambiguous, ScalarTokenizer(ignoresCase: true), hasDecoder: true)
        .labelTokens()
    } throws: { "\($0)".contains("same tokens") }
  }
}
