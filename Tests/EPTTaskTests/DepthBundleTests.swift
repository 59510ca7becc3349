import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTTask

/// Bundles with projections after blocks: their files, in each type of numbers.
struct DepthBundleTests {
  /// Numbers as training leaves them: projections that change the states, not more.
  private static func bundle(
    hiddenSize: Int, depth: DepthShape, rows: Int = 0, rank: Int = 0, subspaces: Int = 0
  ) throws -> TaskBundle {
    var bundle = try TaskBundleTests.bundle(rank: 0, subspaces: 0)
    bundle.backbone = BackboneIdentity(
      architecture: "bert", name: "tiny", hiddenSize: hiddenSize,
      fingerprint: String(repeating: "0a", count: 32))
    let shape = PromptShape(
      promptLength: rows, inputLength: 6, hiddenSize: hiddenSize, rank: rank,
      subspaces: subspaces, subspaceWidth: subspaces == 0 ? 0 : 2, depth: depth)
    var prompt = EPTPrompt(shape: shape, usesFusion: rank > 0 && rows > 0)
    func gaussians(_ count: Int, _ stream: Int, _ scale: Float) -> [Float] {
      var random = RandomNumbers(.initialisation, 7, UInt64(stream))
      return random.gaussians(count).map { scale * $0 }
    }
    for (index, part) in PromptPart.allCases.enumerated() {
      prompt[part].values = gaussians(
        prompt[part].values.count, index, part == .depthUp ? 0.1 : 0.06)
    }
    bundle.prompt = prompt
    bundle.readout = .head(
      LinearHead(
        weight: Matrix(rows: 2, columns: hiddenSize, values: gaussians(2 * hiddenSize, 90, 0.2)),
        bias: gaussians(2, 91, 0.1)))
    return bundle
  }

  private static let depth = DepthShape(
    encoderBlocks: 6, decoderBlocks: 0, subspaces: 4, subspaceWidth: 1)

  private func written(_ bundle: TaskBundle, _ numbers: BundleNumbers) throws -> (
    bundle: TaskBundle, size: Int
  ) {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/x.eptb"
      try bundle.write(to: path, replacing: false, numbers: numbers)
      return (try TaskBundle(path: path), try MappedFile(path: path).byteCount)
    }
  }

  @Test("every type of numbers keeps a bundle, as near as it can hold", arguments: [0, 3])
  func types(rows: Int) throws {
    let bundle = try Self.bundle(
      hiddenSize: 48, depth: Self.depth, rows: rows, rank: rows, subspaces: rows)
    #expect(try written(bundle, .f32).bundle == bundle)
    for (numbers, steps) in [(BundleNumbers.f16, Float(1 << 11)), (.q8, 127)] {
      let copy = try written(bundle, numbers).bundle
      #expect(copy.prompt.shape == bundle.prompt.shape && copy.form == bundle.form)
      for part in PromptPart.allCases {
        let most = bundle.prompt[part].values.map(abs).max() ?? 0
        for (value, kept) in zip(bundle.prompt[part].values, copy.prompt[part].values) {
          #expect(abs(value - kept) <= most / steps)
        }
      }
    }
  }

  /// A head of two classes on MiniLM's and MPNet's sizes.
  @Test func sizes() throws {
    let small = try Self.bundle(hiddenSize: 384, depth: Self.depth)
    #expect(try written(small, .f32).size <= 120_000)
    #expect(try written(small, .f16).size <= 64_000)
    #expect(try written(small, .q8).size <= 36_000)
    let large = try Self.bundle(
      hiddenSize: 768,
      depth: DepthShape(encoderBlocks: 12, decoderBlocks: 0, subspaces: 4, subspaceWidth: 1))
    #expect(try written(large, .q8).size <= 130_000)
  }

  /// Rows are cut where panels are filled better by their parts; where q8 is no smaller than f16,
  /// f16 is taken.
  @Test func rowsInParts() {
    #expect(QuantizedRows([24, 384])?.shape == [48, 192])
    #expect(QuantizedRows([48, 768])?.shape == [48, 768])
    #expect(QuantizedRows([10, 384])?.shape == [80, 48])
    #expect(QuantizedRows([384, 4]) == nil)
    #expect(QuantizedRows([3, 6]) == nil)
    #expect(QuantizedRows([0, 6]) == nil)
    #expect(QuantizedRows.areParts([48, 192], of: [24, 384]))
    #expect(QuantizedRows.areParts([24, 384], of: [24, 384]))
    for stored in [[12, 768], [48, 384], [24 * 32, 12], [96, 48], [9216], [48, 0]] {
      #expect(!QuantizedRows.areParts(stored, of: [24, 384]))
    }
  }

  @Test("numbers that are not finite are not stored")
  func notFinite() throws {
    var bundle = try Self.bundle(hiddenSize: 48, depth: Self.depth)
    bundle.prompt[.depthUp].values[5] = .infinity
    for numbers in [BundleNumbers.f16, .q8] {
      #expect {
        try bundle.write(to: "/nowhere/x.eptb", replacing: false, numbers: numbers)
      } throws: { "\($0)".contains("`depth_up`") }
    }
  }

  @Test("a reader that does not know of projections refuses the file")
  func requiredFeature() throws {
    let bundle = try Self.bundle(hiddenSize: 48, depth: Self.depth)
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/x.eptb"
      try bundle.write(to: path, replacing: false)
      #expect(try ContainerFile(path: path, kind: .bundle).requiredFeatures == .depth)
      let bytes = try TestPaths.read(path)
      #expect(bytes[32..<36] == [2, 0, 0, 0])
      try TaskBundleTests.bundle().write(to: path + ".plain", replacing: false)
      #expect(try ContainerFile(path: path + ".plain", kind: .bundle).requiredFeatures == [])
    }
  }

  @Test("the prompt is folded beside the projections")
  func folding() throws {
    let bundle = try Self.bundle(
      hiddenSize: 48, depth: Self.depth, rows: 3, rank: 2, subspaces: 2)
    let folded = bundle.folded()
    #expect(folded.form == .folded && folded.prompt.shape.depth == Self.depth)
    #expect(folded.prompt.shape.subspaces == 0 && !folded.prompt.usesFusion)
    #expect(folded.prompt.folded() == bundle.prompt.folded())
    #expect(folded.prompt.depth == bundle.prompt.depth)
    for numbers in BundleNumbers.allCases {
      #expect(try written(folded, numbers).bundle.prompt.shape == folded.prompt.shape)
    }
    #expect(try written(folded, .f32).bundle == folded)
  }

  @Test("PEFT has no place for projections")
  func export() throws {
    var bundle = try Self.bundle(hiddenSize: 48, depth: Self.depth, rows: 3)
    bundle.readout = .labelWords([[5, 1], [6, 1]])
    #expect {
      try PEFTExport.write(
        bundle, from: "x.eptb", to: "/nowhere/p", baseModel: nil, replacing: false)
    } throws: {
      let text = "\($0)"
      return text.contains("x.eptb") && text.contains("after blocks") && !text.contains("\n")
    }
  }

  private static let models =
    [TestPaths.fixture("model/bert")]
    + (TestPaths.hasShared ? [TestPaths.shared("models/all-minilm-l6-v2")] : [])

  /// The share of texts with the same answer as in binary32, and the largest difference of the
  /// classes' scores.
  @Test(arguments: models)
  func agreement(_ folder: String) throws {
    let configuration = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
    let model = try PromptedModel(
      weights: try SafetensorsFile(path: folder + "/model.safetensors"),
      configuration: try JSON(parsing: configuration), threads: 2)
    var bundle = try Self.bundle(
      hiddenSize: model.hiddenSize,
      depth: DepthShape(
        encoderBlocks: model.blockCounts.encoder, decoderBlocks: 0, subspaces: 4,
        subspaceWidth: 1))
    var random = RandomNumbers(.initialisation, 8, 1)
    let texts = (0..<300).map { index in
      let length = 4 + index % 13
      let ids = random.gaussians(length).map { number in
        Int32(min(abs(number) / 3, 1) * Float(model.vocabularySize - 1))
      }
      return TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })
    }
    func scores(_ bundle: TaskBundle) throws -> [[Float]] {
      let prompt = try model.prepare(bundle.prompt.folded(), readout: bundle.readout)
      return try model.scores(
        TokenBatch(texts), prompts: [prompt], promptOfText: texts.map { _ in 0 })
    }
    func answer(_ scores: [Float]) -> Int { scores[1] > scores[0] ? 1 : 0 }
    // Each class is the answer to half of the texts, many of them just so.
    if case .head(var head) = bundle.readout {
      let margins = try scores(bundle).map { $0[1] - $0[0] }.sorted()
      head.bias[1] -= margins[margins.count / 2]
      bundle.readout = .head(head)
    }
    let exact = try scores(bundle)
    #expect((140...160).contains(exact.map(answer).reduce(0, +)))
    for (numbers, least, most) in [(BundleNumbers.f16, 0.995, Float(0.01)), (.q8, 0.97, 0.1)] {
      let stored = try scores(written(bundle, numbers).bundle)
      let equal = zip(exact, stored).filter { answer($0) == answer($1) }.count
      let difference = zip(exact.joined(), stored.joined()).map { abs($0 - $1) }.max() ?? 0
      #expect(Double(equal) / Double(texts.count) >= least, "\(numbers): \(equal) of 300")
      #expect(difference < most, "\(numbers): \(difference)")
    }
  }
}
