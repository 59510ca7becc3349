import EPTModel
import EPTTask

/// How texts become vectors.
public struct EmbeddingSettings: Sendable, Equatable {
  /// What of a text's states makes the vector; nil: as the bundle's head or else the backbone's checkpoint
  /// pools, else the mean.
  public var pooling: Pooling?
  /// Whether vectors have length 1.
  public var isNormalized = true
  /// Whether a record is a pair of texts, and the reply the cosine of their vectors.
  public var comparesPairs = false
  /// The longest text in tokens where there is no bundle; nil: 512, or as many as the backbone has
  /// positions.
  public var inputLength: Int?

  /// Vectors of length 1, pooled as the bundle or the checkpoint says.
  public init() {}

  /// What `prompt` and `backbone` pool by.
  func pooling(_ prompt: StreamPrompt?, on backbone: LoadedBackbone) -> Pooling {
    if let pooling { return pooling }
    if case .head(let head)? = prompt?.prompt?.readout { return head.pooling }
    return backbone.pooling ?? .mean
  }
}

/// The longest plain text, one without a task.
enum PlainText {
  /// T5's own length, and BERT's.
  private static let usualLimit = 512

  /// Tokens that are read of a plain text, `wanted` where someone says so.
  ///
  /// - Throws: `ModelError.tooLong` where `backbone` has fewer positions than `wanted`.
  static func limit(_ wanted: Int? = nil, on backbone: LoadedBackbone) throws -> Int {
    let positions = backbone.model.positions
    guard let wanted else { return min(usualLimit, positions ?? usualLimit) }
    if let positions, wanted > positions {
      throw ModelError.tooLong(tokens: wanted, prompt: 0, limit: positions)
    }
    return wanted
  }
}
