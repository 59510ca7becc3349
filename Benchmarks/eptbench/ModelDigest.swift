import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTText

/// Hashes of scores and gradients of a backbone, to tell whether a change keeps their bits.
///
/// Texts, prompts and read-outs are random, and the same in every run.
enum ModelDigest {
  /// Prints one line a kind of work for the backbone at `path`.
  static func print(model path: String, threads: Int) throws {
    for precision in Precision.allCases {
      let backbone = try LoadedBackbone(path: path, threads: threads, precision: precision)
      let model = backbone.model
      var random = RandomNumbers(.initialisation, 11)
      let texts = (0..<40).map { index in
        TokenizedText(
          ids: (0..<1 + index * 7 % 61).map { _ in Int32(random.below(model.vocabularySize)) },
          tokenTypeIDs: [UInt8](repeating: 0, count: 1 + index * 7 % 61))
      }
      let words: [[Int32]] = [[3, 5, 1], [3, 7, 9, 1], [11, 1]]
      let readouts: [(String, Readout)] =
        [("head", .head(head(model.hiddenSize, &random)))]
        + (model.hasDecoder ? [("words", .labelWords(words))] : [])
      let prompt = prompt(model.hiddenSize, &random)
      for (name, readout) in readouts {
        for count in [1, 3, texts.count] {
          let batch = TokenBatch(texts.suffix(count))
          let bare = try model.scores(batch, prompt: model.prepare(nil, readout: readout))
          let prompted = try model.scores(
            batch, prompt: model.prepare(prompt.folded(), readout: readout))
          let step = try model.step(
            batch, labels: (0..<count).map { $0 % 3 }, prompt: prompt, readout: readout)
          let gradients = PromptPart.allCases.flatMap { step.prompt[$0].values }
          Swift.print(
            precision, name, count, hash(bare.values), hash(prompted.values),
            hash([step.loss] + gradients + (step.head?.weight.values ?? [])))
        }
      }
      guard model.hasDecoder else { continue }
      let written = try model.generate(
        TokenBatch(texts.prefix(4)), prompts: [PreparedPrompt?](repeating: nil, count: 4),
        GenerationSettings(maximumTokens: 12, beams: 3))
      Swift.print(
        precision, "generate", hash(written.flatMap { $0.tokens.map { Float($0) } + [$0.score] }))
    }
  }

  private static func head(_ hiddenSize: Int, _ random: inout RandomNumbers) -> LinearHead {
    LinearHead(
      weight: Matrix(rows: 3, columns: hiddenSize, values: random.gaussians(3 * hiddenSize)),
      bias: [0, 1, 2])
  }

  private static func prompt(_ hiddenSize: Int, _ random: inout RandomNumbers) -> EPTPrompt {
    let shape = PromptShape(
      promptLength: 7, inputLength: 64, hiddenSize: hiddenSize, rank: 3, subspaces: 2,
      subspaceWidth: 2)
    var prompt = EPTPrompt(shape: shape)
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      prompt[part] = Matrix(
        rows: size.rows, columns: size.columns,
        values: random.gaussians(size.rows * size.columns).map { 0.1 * $0 })
    }
    return prompt
  }

  /// FNV-1a over the numbers' bits, in hexadecimal.
  private static func hash(_ values: [Float]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
      hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
    }
    return String(hash, radix: 16)
  }
}
