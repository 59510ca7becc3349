import EPTTestSupport
import EPTText
import Testing

@testable import EPTCompute
@testable import EPTModel

/// Every kind of head on the tiny BERT, against PyTorch in float64 (fixtures/model/make_readouts.py).
@Suite("Heads of every kind equal PyTorch's")
struct ReadoutTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let kind: HeadKind
    let features: HeadFeatures
    let targets: [Target]
    let testDescription: String
  }

  private static let scale = NumberScale(offset: 0.5, scale: 2)

  static let cases = [
    Case(
      kind: .number(scale), features: .text,
      targets: [1.5, -2, 0.25, 3].map { .number($0) }, testDescription: "number.text"),
    Case(
      kind: .labels(thresholds: [0.5, 0.5, 0.5]), features: .text,
      targets: [.labels([0, 2]), .labels([]), .labels([0, 1, 2]), .labels([1])],
      testDescription: "labels.text"),
    Case(
      kind: .classes, features: .pair, targets: [.label(2), .label(0)],
      testDescription: "classes.pair"),
    Case(
      kind: .number(scale), features: .cosine, targets: [.number(1.5), .number(-2)],
      testDescription: "number.cosine"),
  ]

  /// The texts of the tiny BERT as rows of a case.
  private func batch(_ fixture: TinyModelTests.Fixture, _ features: HeadFeatures) -> TokenBatch {
    let texts = Array(fixture.texts.dropLast())
    guard features.textCount > 1 else { return TokenBatch(texts) }
    return TokenBatch(
      stride(from: 0, to: texts.count, by: 2).map {
        TokenizedText(texts[$0], apart: texts[$0 + 1])
      })
  }

  private func head(_ item: Case, _ golden: GoldenTensors) throws -> LinearHead {
    LinearHead(
      weight: try golden.matrix("\(item.testDescription).head.weight"),
      bias: try golden.floats("\(item.testDescription).head.bias"), features: item.features,
      kind: item.kind)
  }

  @Test(arguments: cases)
  func scoresLossAndGradients(_ item: Case) throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let golden = try GoldenTensors(path: TestPaths.fixture("model/readouts.safetensors"))
    let name = item.testDescription
    let head = try head(item, golden)
    let batch = batch(fixture, item.features)
    let prompt = try fixture.prompt()
    let scores = try fixture.model.scores(
      batch, prompt: prompt.folded(), readout: .head(head))
    #expect(scores.rows == item.targets.count && scores.columns == head.weight.rows)
    #expect(largestDifference(scores.values, try golden.doubles("\(name).scores")) < 1e-4)
    let result = try fixture.model.step(
      batch, targets: item.targets, prompt: prompt, readout: .head(head))
    let loss = try golden.doubles("\(name).loss")[0]
    #expect(abs(Double(result.loss) - loss) < 1e-4 * abs(loss))
    for part in PromptPart.ofPrompt {
      let error = relativeError(
        result.prompt[part].values, try golden.doubles("\(name).gradient.\(part.rawValue)"))
      #expect(error < 1e-4, "\(part)")
    }
    let gradient = try #require(result.head)
    #expect(
      relativeError(gradient.weight.values, try golden.doubles("\(name).gradient.head.weight"))
        < 1e-4)
    #expect(
      relativeError(gradient.bias, try golden.doubles("\(name).gradient.head.bias")) < 1e-4)
    #expect(gradient.kind == head.kind && gradient.features == head.features)
  }

  /// A large batch is passed part by part, and no row is cut in two.
  @Test(arguments: cases)
  func copiesOfABatchHaveItsGradient(_ item: Case) throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let golden = try GoldenTensors(path: TestPaths.fixture("model/readouts.safetensors"))
    let readout = Readout.head(try head(item, golden))
    let (one, prompt) = (batch(fixture, item.features), try fixture.prompt())
    let expected = try fixture.model.step(
      one, targets: item.targets, prompt: prompt, readout: readout)
    var many = TokenBatch()
    let texts = Array(fixture.texts.dropLast())
    for _ in 0..<70 {
      for row in 0..<one.rowCount {
        let mine = one.texts(ofRow: row).map { texts[$0] }
        many.append(mine.count == 1 ? mine[0] : TokenizedText(mine[0], apart: mine[1]))
      }
    }
    let result = try fixture.model.step(
      many, targets: (0..<70).flatMap { _ in item.targets }, prompt: prompt, readout: readout)
    #expect(abs(result.loss - expected.loss) < 1e-4 * abs(expected.loss))
    for part in PromptPart.ofPrompt {
      #expect(
        relativeError(result.prompt[part].values, expected.prompt[part].values.map(Double.init))
          < 1e-4)
    }
  }

  /// Projections after blocks are reached through both texts.
  @Test(arguments: cases.filter { $0.features.textCount > 1 })
  func depthThroughBothTexts(_ item: Case) throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let golden = try GoldenTensors(path: TestPaths.fixture("model/readouts.safetensors"))
    let readout = Readout.head(try head(item, golden))
    let batch = batch(fixture, item.features)
    var noise = Noise(32)
    let shape = PromptShape(
      promptLength: 2, inputLength: 48, hiddenSize: fixture.model.hiddenSize, rank: 0,
      subspaces: 0, subspaceWidth: 1,
      depth: DepthShape(encoderBlocks: 2, decoderBlocks: 0, subspaces: 2, subspaceWidth: 1))
    var prompt = EPTPrompt(shape: shape, usesFusion: false)
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      prompt[part] = noise.matrix(
        size.rows, size.columns, scale: part == .shortPrompt ? 0.3 : 0.1)
    }
    let result = try fixture.model.step(
      batch, targets: item.targets, prompt: prompt, readout: readout)
    for part in [PromptPart.shortPrompt, .depthDown, .depthUp, .depthGate] {
      let gradient = result.prompt[part].values
      let largest = Double(gradient.map(abs).max() ?? 0)
      for index in stride(from: 1, to: gradient.count, by: max(1, gradient.count / 4)) {
        let expected = try centralDifferences([prompt[part].values[index]], step: 0.016) { value in
          var moved = prompt
          moved[part].values[index] = value[0]
          return Double(
            try fixture.model.step(
              batch, targets: item.targets, prompt: moved, readout: readout
            ).loss)
        }[0]
        #expect(
          abs(Double(gradient[index]) - expected) < 0.02 * largest + 1e-5,
          "\(part) \(index): \(gradient[index]), \(expected)")
      }
    }
  }

  /// Rows of one text and of two share a batch, and each gets what it gets alone.
  @Test func rowsOfEveryKindShareABatch() throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let golden = try GoldenTensors(path: TestPaths.fixture("model/readouts.safetensors"))
    let prompts = try Self.cases.enumerated().map { index, item in
      try fixture.model.prepare(
        index == 1 ? nil : fixture.prompt().folded(), readout: .head(head(item, golden)))
    }
    let texts = Array(fixture.texts.dropLast())
    var rows: [(prompt: Int, row: TokenizedText)] = []
    for place in 0..<24 {
      let (prompt, first) = (place * 7 % 4, texts[place % 4])
      let apart = Self.cases[prompt].features.textCount > 1
      rows.append(
        (prompt, apart ? TokenizedText(first, apart: texts[(place + 1) % 4]) : first))
    }
    let mixed = try fixture.model.scores(
      TokenBatch(rows.map(\.row)), prompts: prompts, promptOfText: rows.map(\.prompt))
    for (item, scores) in zip(rows, mixed) {
      let alone = try fixture.model.scores(TokenBatch([item.row]), prompt: prompts[item.prompt])
      #expect(largestDifference(scores, alone.values.map(Double.init)) < 1e-5)
    }
  }

  /// A vector of zeros has the cosine 0, and no gradient that is not a number.
  @Test func cosineOfNothing() {
    let arena = Arena()
    let batch = TokenBatch([TokenizedText(text([1]), apart: text([2]))])
    let layout = TokenLayout(batch, promptLengths: [0, 0])
    let states = arena.zeros(2, 3)
    states.row(1)[0] = 2
    let rows = FeatureRows(.cosine, .mean, states, layout, sequences: [[0, 1]], in: arena)
    #expect(rows.values.row(0)[0] == 0)
    let gradient = arena.zeros(2, 3)
    let slope = arena.zeros(1, 1)
    slope.fill(1)
    rows.addGradient(slope, to: gradient, in: arena)
    #expect(gradient.matrix().values.allSatisfy { $0.isFinite })
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let fixture = try TinyModelTests.Fixture("bert")
    let golden = try GoldenTensors(path: TestPaths.fixture("model/readouts.safetensors"))
    let heads = try Self.cases.map { try head($0, golden) }
    let prompt = try fixture.prompt()
    func expect(_ word: String, _ body: () throws -> Void) {
      #expect { try body() } throws: { ($0 as? ModelError).map { "\($0)".contains(word) } ?? false }
    }
    let one = TokenBatch([text([3, 4])])
    let two = TokenBatch([TokenizedText(text([3, 4]), apart: text([5]))])
    for (item, head) in zip(Self.cases, heads) {
      let wrong = item.features.textCount == 1 ? two : one
      expect("row 1") { _ = try fixture.model.scores(wrong, prompt: nil, readout: .head(head)) }
      let right = item.features.textCount == 1 ? one : two
      // A target of another kind, one out of range, one too few.
      let targets: [Target] =
        switch item.kind {
        case .classes: [.number(1), .label(3), .labels([0])]
        case .number: [.label(0), .number(.nan), .number(.infinity)]
        case .labels: [.label(0), .labels([3]), .labels([-1])]
        case .tags: [.label(0), .tags([3]), .tags([-1])]
        }
      for target in targets {
        expect("1 rows need") {
          _ = try fixture.model.step(
            right, targets: [target], prompt: prompt, readout: .head(head))
        }
      }
      expect("1 rows need") {
        _ = try fixture.model.step(right, targets: [], prompt: prompt, readout: .head(head))
      }
    }
    var short = heads[1]
    short.kind = .labels(thresholds: [0.5])
    expect("stand for") { _ = try fixture.model.prepare(nil, readout: .head(short)) }
    var wide = heads[2]
    wide.features = .cosine
    expect("does not fit") { _ = try fixture.model.prepare(nil, readout: .head(wide)) }
    // A second text that starts outside is none.
    var broken = text([3, 4])
    broken.secondStart = 9
    expect("row 1") {
      _ = try fixture.model.scores(TokenBatch([broken]), prompt: nil, readout: .head(heads[2]))
    }
    var empty = text([3, 4])
    empty.secondStart = 0
    expect("no tokens") {
      _ = try fixture.model.scores(TokenBatch([empty]), prompt: nil, readout: .head(heads[2]))
    }
  }
}
