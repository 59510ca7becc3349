import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Tiny random backbones, the whole way, against transformers in float64.
@Suite struct TinyModelTests {
  static let names = [
    "bert", "distilbert", "roberta", "mpnet", "deberta-v2", "modernbert", "t5-encoder", "t5-relu",
    "t5-gated", "mt5", "umt5",
  ]

  /// Configurations that say the same in other words: as transformers 4 writes them, or as a
  /// family's kin does.
  static let variants = [
    ("roberta", "config-v4"), ("roberta", "config-xlm-roberta"), ("roberta", "config-camembert"),
    ("deberta-v2", "config-v4"), ("modernbert", "config-v4"), ("mt5", "config-v4"),
    ("umt5", "config-v4"),
  ]

  /// A backbone with the reference's values.
  struct Fixture {
    let model: PromptedModel
    let golden: GoldenTensors
    /// Texts of 1, 5, 17 and 40 tokens, and a very long one.
    let texts: [TokenizedText]

    init(
      _ name: String, configuration: String = "config", threads: Int = 2,
      precision: Precision? = nil
    ) throws {
      model = try loadModel(
        TestPaths.fixture("model/\(name)"), configuration: configuration, threads: threads,
        precision: precision)
      golden = try GoldenTensors(path: TestPaths.fixture("model/\(name)/golden.safetensors"))
      texts = try golden.texts()
    }

    var batch: TokenBatch { TokenBatch(texts.dropLast()) }

    func labels() throws -> [Int] { try golden.integers("labels") }

    func prompt() throws -> EPTPrompt {
      var parts: [PromptPart: Matrix] = [:]
      for part in PromptPart.ofPrompt { parts[part] = try golden.matrix(part.rawValue) }
      let (s, d) = (parts[.shortPrompt]?.rows ?? 0, parts[.shortPrompt]?.columns ?? 0)
      let subspaces = parts[.gate]?.columns ?? 0
      var prompt = EPTPrompt(
        shape: PromptShape(
          promptLength: s, inputLength: parts[.lowRankA]?.rows ?? 0, hiddenSize: d,
          rank: parts[.lowRankB]?.rows ?? 0, subspaces: subspaces,
          subspaceWidth: parts[.subspaceDown]?.columns ?? 0))
      for (part, matrix) in parts { prompt[part] = matrix }
      return prompt
    }

    func readout() throws -> Readout {
      guard model.hasDecoder else {
        return .head(
          LinearHead(
            weight: try golden.matrix("head.weight"), bias: try golden.floats("head.bias")))
      }
      return .labelWords(
        try (0..<3).map { try golden.integers("words.\($0)").map { Int32($0) } })
    }
  }

  @Test(arguments: names)
  func lastHiddenStates(_ name: String) throws {
    let fixture = try Fixture(name)
    let states = fixture.model.lastHiddenStates(TokenBatch(fixture.texts))
    #expect(largestDifference(states.values, try fixture.golden.doubles("states")) < 1e-4)
    // Alone, a text gives what it gives among others.
    let single = fixture.model.lastHiddenStates(TokenBatch(fixture.texts.prefix(1)))
    #expect(
      largestDifference(single.values, states.values.prefix(single.values.count).map(Double.init))
        < 1e-5)
  }

  @Test(arguments: variants)
  func configurationsOfOtherVersions(_ name: String, _ configuration: String) throws {
    let written = try Fixture(name)
    let other = try Fixture(name, configuration: configuration)
    let batch = TokenBatch(written.texts)
    #expect(other.model.lastHiddenStates(batch) == written.model.lastHiddenStates(batch))
    #expect(
      try other.model.scores(other.batch, prompt: nil, readout: other.readout())
        == written.model.scores(written.batch, prompt: nil, readout: written.readout()))
  }

  @Test(arguments: names)
  func promptedScores(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompt = try fixture.prompt().folded()
    let expected = try fixture.golden.doubles("prompted.scores")
    let readout = try fixture.readout()
    guard case .labelWords(let words) = readout else {
      let logits = try fixture.model.scores(fixture.batch, prompt: prompt, readout: readout)
      #expect(logits.rows == 4 && logits.columns == 3)
      #expect(largestDifference(logits.values, expected) < 1e-4)
      return
    }
    let scores = try fixture.model.scores(
      fixture.batch, prompt: prompt, readout: .labelWords(withContinuations(words)))
    #expect(scores.rows == 4 && scores.columns == 6)
    #expect(
      largestDifference(
        besideFirst(scores.values, columns: 6, count: 3),
        besideFirst(expected, columns: 3)) < 1e-4)
  }

  /// An end token counts only after a label that another one goes on from.
  @Test(arguments: ["t5-relu", "t5-gated", "mt5", "umt5"])
  func endTokensOfLabels(_ name: String) throws {
    let fixture = try Fixture(name)
    let logs = try fixture.golden.doubles("decoder.logs")
    let beginning = try fixture.golden.integers("decoder.ids").map { Int32($0) }
    let (size, steps) = (fixture.model.vocabularySize, beginning.count + 1)
    let (one, two) = ([Int32](beginning.prefix(1)), [Int32](beginning.prefix(2)))
    let other: [Int32] = [beginning[0] == 44 ? 45 : 44]
    func log(_ text: Int, _ step: Int, _ token: Int32) -> Double {
      logs[(text * steps + step) * size + Int(token)]
    }
    func expectScores(_ words: [[Int32]], _ expected: (Int) -> [Double]) throws {
      let scores = try fixture.model.scores(
        fixture.batch, prompt: nil, readout: .labelWords(words))
      #expect(
        largestDifference(
          besideFirst(scores.values, columns: words.count),
          besideFirst((0..<fixture.batch.count).flatMap(expected), columns: words.count)) < 1e-4)
    }
    try expectScores([one + [1], other + [1]]) { text in
      [log(text, 0, one[0]), log(text, 0, other[0])]
    }
    try expectScores([two + [1], other + [1], [1]]) { text in
      [log(text, 0, two[0]) + log(text, 1, two[1]), log(text, 0, other[0]), log(text, 0, 1)]
    }
    try expectScores([one + [1], other + [1], two + [1]]) { text in
      let first = log(text, 0, one[0])
      return [first + log(text, 1, 1), log(text, 0, other[0]), first + log(text, 1, two[1])]
    }
  }

  /// What training lowers is what answers are chosen by, however long a label word is.
  @Test(arguments: ["t5-relu", "t5-gated", "mt5", "umt5"])
  func lossesTellLabelsApartAsScoresDo(_ name: String) throws {
    let fixture = try Fixture(name)
    let prompt = try fixture.prompt()
    guard case .labelWords(let words) = try fixture.readout() else { return }
    let all = withContinuations(words)
    let readout = Readout.labelWords(all)
    let text = TokenBatch([fixture.texts[2]])
    let scores = try fixture.model.scores(text, prompt: prompt.folded(), readout: readout)
    let losses = try words.indices.map { label in
      try fixture.model.step(text, labels: [label], prompt: prompt, readout: readout).loss
    }
    let length = Float(all.joined().count) / Float(all.count)
    #expect(
      largestDifference(
        besideFirst(losses.map { -$0 * length }, columns: losses.count),
        besideFirst(scores.values, columns: all.count, count: losses.count)) < 1e-3)
  }

  @Test(arguments: names)
  func stepsGradients(_ name: String) throws {
    let fixture = try Fixture(name)
    let golden = fixture.golden
    let prompt = try fixture.prompt()
    let result = try fixture.model.step(
      fixture.batch, labels: fixture.labels(), prompt: prompt, readout: fixture.readout())
    #expect(abs(Double(result.loss) - (try golden.doubles("loss")[0])) < 1e-4)
    #expect(result.prompt.shape == prompt.shape)
    for part in PromptPart.ofPrompt {
      let expected = try golden.doubles("gradient.\(part.rawValue)")
      #expect(relativeError(result.prompt[part].values, expected) < 1e-4, "\(part)")
    }
    #expect((result.head == nil) == fixture.model.hasDecoder)
    if let head = result.head {
      let weight = try golden.doubles("gradient.head.weight")
      #expect(relativeError(head.weight.values, weight) < 1e-4)
      #expect(relativeError(head.bias, try golden.doubles("gradient.head.bias")) < 1e-4)
    }
  }

  /// Every word of one token, and every word that begins with one to three given ones, shows the
  /// decoder's whole distribution after 0 to 3 tokens.
  @Test(arguments: ["t5-relu", "t5-gated", "mt5", "umt5"])
  func decoderDistributions(_ name: String) throws {
    let fixture = try Fixture(name)
    let logs = try fixture.golden.doubles("decoder.logs")
    let beginning = try fixture.golden.integers("decoder.ids").map { Int32($0) }
    let size = fixture.model.vocabularySize
    for length in 0...beginning.count {
      let words = (0..<Int32(size)).map { [Int32](beginning.prefix(length)) + [$0] }
      let scores = try fixture.model.scores(
        fixture.batch, prompt: nil, readout: .labelWords(words))
      let expected = (0..<fixture.batch.count).flatMap { text in
        func log(_ step: Int, _ token: Int) -> Double {
          logs[(text * (beginning.count + 1) + step) * size + token]
        }
        let known = (0..<length).reduce(0.0) { $0 + log($1, Int(beginning[$1])) }
        return (0..<size).map { known + log(length, $0) }
      }
      #expect(
        largestDifference(
          besideFirst(scores.values, columns: size),
          besideFirst(expected, columns: size)) < 1e-4)
    }
  }

  @Test(arguments: [(32, 128), (32, 64), (16, 20), (8, 300)], [true, false])
  func relativeBuckets(sizes: (count: Int, maximum: Int), isBidirectional: Bool) throws {
    let golden = try GoldenTensors(path: TestPaths.fixture("model/t5-relu/golden.safetensors"))
    let expected = try golden.integers(
      "buckets.\(sizes.count).\(sizes.maximum).\(isBidirectional ? 1 : 0)")
    let bias = RelativeBias(
      weight: WeightMatrix(storage: WeightStorage([]), rows: sizes.count, columns: 0),
      maximumDistance: sizes.maximum, isBidirectional: isBidirectional)
    #expect((-320...320).map(bias.bucket) == expected)
  }

  @Test(arguments: [(8, 64), (256, 512)])
  func bucketsOfDeBERTa(span: Int, maximum: Int) throws {
    let golden = try GoldenTensors(path: TestPaths.fixture("model/deberta-v2/golden.safetensors"))
    let buckets = try golden.integers("buckets.\(span).\(maximum)")
    let table = WeightMatrix(storage: WeightStorage([]), rows: 2 * span, columns: 0)
    let bias = DisentangledBias(
      table: Embedding(table), norm: nil, span: span, maximumDistance: maximum,
      isLogarithmic: true)
    let rows = buckets.map { min(max($0 + span, 0), 2 * span - 1) }
    #expect((-2 * maximum...2 * maximum).map(bias.row) == rows)
  }

  /// Tables that no training has are still within the table.
  @Test(arguments: [(1, 1), (2, 1), (3, 2), (64, 3), (32, 1)], [true, false])
  func bucketsOfOddTables(sizes: (count: Int, maximum: Int), isBidirectional: Bool) {
    let bias = RelativeBias(
      weight: WeightMatrix(storage: WeightStorage([]), rows: sizes.count, columns: 0),
      maximumDistance: sizes.maximum, isBidirectional: isBidirectional)
    for distance in -600...600 { #expect(0..<sizes.count ~= bias.bucket(distance)) }
  }
}
