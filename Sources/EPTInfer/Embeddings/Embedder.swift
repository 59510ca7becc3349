import EPTModel
import EPTTask

/// Turns texts into vectors.
struct Embedder: Responder {
  private let model: PromptedModel
  private let prompt: PreparedPrompt?
  private let pooling: Pooling
  private let settings: EmbeddingSettings
  private let batchRows: Int

  /// Embeds with the first of `prompts`, of which there is one.
  init(
    _ backbone: LoadedBackbone, _ prompts: PromptSet, _ settings: EmbeddingSettings,
    batchRows: Int
  ) {
    model = backbone.model
    prompt = prompts.prompts.first?.prompt
    pooling = settings.pooling(prompts.prompts.first, on: backbone)
    self.settings = settings
    self.batchRows = batchRows
  }

  func replies(to records: [PendingRecord]) throws -> [[Reply?]] {
    let replies = try SharedBatch.replies(to: records, rows: batchRows, texts: .max) { batch in
      let vectors = try model.embeddings(
        batch.texts, prompt: prompt, pooling: pooling)  // [texts, d]
      return (0..<vectors.rows).map { row -> Reply? in
        let start = row * vectors.columns
        return vector(vectors.values[start..<start + vectors.columns]).map { .vector($0) }
      }
    }
    return settings.comparesPairs ? replies.map { [Self.similarity(of: $0)] } : replies
  }

  /// The vector as it is given back; nil where it has other than finite numbers.
  private func vector(_ values: ArraySlice<Float>) -> [Float]? {
    guard values.allSatisfy(\.isFinite) else { return nil }
    return settings.isNormalized || settings.comparesPairs
      ? VectorLength.normalized(values) : Array(values)
  }

  /// The cosine of two vectors of length 1.
  private static func similarity(of pair: [Reply?]) -> Reply? {
    guard pair.count == 2, case .vector(let first)? = pair[0], case .vector(let second)? = pair[1]
    else { return nil }
    let product = zip(first, second).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    return .similarity(Float(max(-1, min(1, product))))
  }
}

/// The length of vectors.
enum VectorLength {
  /// Shorter vectors are divided by this, as PyTorch's `normalize` does.
  private static let least = 1e-12

  /// `values` divided by their Euclidean length.
  static func normalized(_ values: some Collection<Float>) -> [Float] {
    let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let divisor = max(length, least)
    return values.map { Float(Double($0) / divisor) }
  }
}
