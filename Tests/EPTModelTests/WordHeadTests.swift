import EPTTestSupport
import EPTText
import Testing

@testable import EPTCompute
@testable import EPTModel

/// A head on the words of the tiny BERT, against PyTorch in float64 (fixtures/model/make_tags.py).
@Suite("A head on words equals PyTorch's")
struct WordHeadTests {
  private let fixture: TinyModelTests.Fixture
  private let golden: GoldenTensors

  init() throws {
    fixture = try TinyModelTests.Fixture("bert")
    golden = try GoldenTensors(path: TestPaths.fixture("model/tags.safetensors"))
  }

  /// The texts with every second token as a word's first.
  private var texts: [TokenizedText] {
    fixture.texts.dropLast().enumerated().map { index, text in
      var text = text
      text.wordStarts = Array(stride(from: index % 2, to: text.ids.count, by: 2))
      return text
    }
  }

  private var targets: [Target] {
    texts.enumerated().map { index, text in
      .tags(text.wordStarts.indices.map { ($0 + index) % 3 })
    }
  }

  private func head() throws -> LinearHead {
    LinearHead(
      weight: try golden.matrix("head.weight"), bias: try golden.floats("head.bias"),
      features: .words, kind: .tags)
  }

  @Test func scoresLossAndGradients() throws {
    let (head, prompt) = (try head(), try fixture.prompt())
    let batch = TokenBatch(texts)
    let prepared = try fixture.model.prepare(prompt.folded(), readout: .head(head))
    let scores = try fixture.model.scores(batch, prompt: prepared)
    #expect(scores.rows == 32 && scores.columns == 3)
    #expect(largestDifference(scores.values, try golden.doubles("scores")) < 1e-4)
    let matrices = try fixture.model.scoreMatrices(batch, prompt: prepared)
    #expect(matrices.map(\.rows) == texts.map(\.wordStarts.count))
    #expect(matrices.flatMap(\.values) == scores.values)
    let features = try fixture.model.features(batch, prompt: prepared)
    #expect(features.rows == 32 && features.columns == fixture.model.hiddenSize)
    let result = try fixture.model.step(
      batch, targets: targets, prompt: prompt, readout: .head(head))
    let loss = try golden.doubles("loss")[0]
    #expect(abs(Double(result.loss) - loss) < 1e-4 * abs(loss))
    for part in PromptPart.ofPrompt {
      let error = relativeError(
        result.prompt[part].values, try golden.doubles("gradient.\(part.rawValue)"))
      #expect(error < 1e-4, "\(part)")
    }
    let gradient = try #require(result.head)
    let expected = try golden.doubles("gradient.head.weight")
    #expect(relativeError(gradient.weight.values, expected) < 1e-4)
    #expect(relativeError(gradient.bias, try golden.doubles("gradient.head.bias")) < 1e-4)
  }

  /// A large batch is passed part by part; tags of words that were cut do not count.
  @Test func copiesOfABatchHaveItsGradient() throws {
    let (readout, prompt) = (Readout.head(try head()), try fixture.prompt())
    let one = try fixture.model.step(
      TokenBatch(texts), targets: targets, prompt: prompt, readout: readout)
    let longer = targets.map { target -> Target in
      if case .tags(let tags) = target { .tags(tags + [0, 2]) } else { target }
    }
    let many = try fixture.model.step(
      TokenBatch((0..<70).flatMap { _ in texts }), targets: (0..<70).flatMap { _ in longer },
      prompt: prompt, readout: readout)
    #expect(abs(many.loss - one.loss) < 1e-4 * abs(one.loss))
    for part in PromptPart.ofPrompt {
      #expect(
        relativeError(many.prompt[part].values, one.prompt[part].values.map(Double.init)) < 1e-4)
    }
  }

  /// Rows of words and of classes share a batch, and each gets what it gets alone.
  @Test func rowsOfWordsShareABatchWithOthers() throws {
    var noise = Noise(3)
    let classes = LinearHead(
      weight: noise.matrix(2, fixture.model.hiddenSize), bias: noise.floats(2))
    let prompts = [
      try fixture.model.prepare(fixture.prompt().folded(), readout: .head(head())),
      try fixture.model.prepare(nil, readout: .head(classes)),
      try fixture.model.prepare(nil, readout: .head(head())),
    ]
    let rows = (0..<12).map { (prompt: $0 * 5 % 3, text: texts[$0 % 4]) }
    let mixed = try fixture.model.scores(
      TokenBatch(rows.map(\.text)), prompts: prompts, promptOfText: rows.map(\.prompt))
    for (row, scores) in zip(rows, mixed) {
      let alone = try fixture.model.scores(TokenBatch([row.text]), prompt: prompts[row.prompt])
      #expect(scores.count == alone.values.count)
      #expect(largestDifference(scores, alone.values.map(Double.init)) < 1e-5)
    }
  }

  @Test func textsWithoutWords() throws {
    var plain = texts
    for index in [0, 2] { plain[index].wordStarts = [] }
    let (readout, prompt) = (Readout.head(try head()), try fixture.prompt())
    let prepared = try fixture.model.prepare(prompt.folded(), readout: readout)
    let scores = try fixture.model.scoreMatrices(TokenBatch(plain), prompt: prepared)
    #expect(scores.map(\.rows) == [0, 2, 0, 20])
    let none = try fixture.model.step(
      TokenBatch([plain[0]]), targets: [.tags([])], prompt: prompt, readout: readout)
    #expect(none.loss == 0 && none.head?.weight.values.allSatisfy { $0 == 0 } == true)
    let some = try fixture.model.step(
      TokenBatch(plain), targets: targets, prompt: prompt, readout: readout)
    #expect(some.loss.isFinite && some.loss > 0)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let (head, prompt) = (try head(), try fixture.prompt())
    func expect(_ word: String, _ body: () throws -> Void) {
      #expect { try body() } throws: { ($0 as? ModelError).map { "\($0)".contains(word) } ?? false }
    }
    func step(_ texts: [TokenizedText], _ targets: [Target]) throws {
      _ = try fixture.model.step(
        TokenBatch(texts), targets: targets, prompt: prompt, readout: .head(head))
    }
    expect("words and 1 tags") { try step([texts[2]], [.tags([0])]) }
    expect("1 rows need") { try step([texts[0]], [.label(0)]) }
    expect("1 rows need") { try step([texts[0]], [.tags([3])]) }
    var broken = texts[0]
    for start in [-1, 1, 99] {
      broken.wordStarts = [start]
      expect("starts outside") { try step([broken], [.tags([0])]) }
    }
    var classes = head
    classes.kind = .classes
    expect("tags are of words") { _ = try fixture.model.prepare(nil, readout: .head(classes)) }
  }
}
