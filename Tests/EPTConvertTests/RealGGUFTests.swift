import EPTFormat
import EPTModel
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTConvert

/// Real decoders, the whole way from their files, against `transformers` (`fixtures/gguf/make_real.py`).
@Suite(.serialized) struct RealGGUFTests {
  /// Where the weights are; nil where they are not.
  private static func weights(_ name: String) -> String? {
    let places =
      name == "smollm2"
      ? [
        TestPaths.shared("models/smollm2-135m-instruct/model.gguf"),
        (ProcessInfo.processInfo.environment["EPT_MODELS"] ?? "")
          + "/smollm2-135m-instruct/model.gguf",
      ] : [TestPaths.shared("models/stories260K")]
    return places.first { FileManager.default.fileExists(atPath: $0) }
  }

  private struct Loaded {
    let model: PromptedModel
    let tokenizer: any Tokenizer
    let golden: JSON

    init(_ name: String) throws {
      guard let input = RealGGUFTests.weights(name) else {
        try Test.cancel("needs the weights of \(name): ../shared, or their folder in EPT_MODELS")
      }
      let path = TestPaths.fixture("gguf/real.json")
      guard FileManager.default.fileExists(atPath: path),
        let golden = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))[name]
      else {
        try Test.cancel("fixtures/gguf/real.json has nothing of \(name): make_real.py makes it")
      }
      self.golden = golden
      (model, tokenizer) = try TestPaths.withTemporaryFolder { folder in
        _ = try Converter(
          input: input, output: folder + "/a.ept", choice: EncodingChoice(.f32), threads: 2
        ).run()
        let file = try BackboneFile(path: folder + "/a.ept")
        return (
          try PromptedModel(
            weights: file, configuration: file.configuration, threads: 2, precision: .f32),
          try TokenizerTables.open(file.tokenizerTables)
        )
      }
    }
  }

  private func integers(_ json: JSON?) -> [Int32] {
    (json?.array ?? []).compactMap { $0.integer.map { Int32($0) } }
  }

  @Test(arguments: ["stories260K", "smollm2"])
  func logits(_ name: String) throws {
    let loaded = try Loaded(name)
    for entry in loaded.golden["texts"]?.array ?? [] {
      let ids = integers(entry["ids"])
      #expect(loaded.tokenizer.encode(entry["text"]?.string ?? "").ids == ids)
      let logits = (entry["logits"]?.array ?? []).map { $0.number ?? .nan }
      // Every 97th token as a label, and one with another continuation, so that its softmax counts.
      let words = logits.indices.map { [Int32(97 * $0)] } + [[0, 1], [0, 2]]
      let prompt = try loaded.model.prepare(nil, readout: .labelWords(words))
      let scores = try loaded.model.scores(
        TokenBatch([TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })]), prompt: prompt)
      let sum = Double(scores.values[0]) - logits[0]
      for (score, logit) in zip(scores.values, logits) {
        #expect(abs(Double(score) - logit - sum) < 1e-4 * max(1, abs(logit)))
      }
    }
  }

  /// Token for token; texts alone and together.
  @Test(arguments: ["stories260K", "smollm2"], [("greedy", 1), ("beams", 4)])
  func generation(_ name: String, kind: (key: String, beams: Int)) throws {
    let loaded = try Loaded(name)
    let entries = loaded.golden["prompts"]?.array ?? []
    #expect(entries.count == (name == "smollm2" ? 50 : 10))
    let texts = entries.map { entry in
      let ids = integers(entry["ids"])
      return TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })
    }
    let written = try loaded.model.generate(
      TokenBatch(texts), prompts: texts.map { _ in nil },
      GenerationSettings(maximumTokens: 24, beams: kind.beams))
    for (entry, result) in zip(entries, written) {
      #expect(result.tokens == integers(entry[kind.key]), "\(entry["text"]?.string ?? "")")
    }
  }
}
