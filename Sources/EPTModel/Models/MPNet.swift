import EPTLayers

/// MPNet (Song et al., 2020): BERT without token types whose positions count from 2, and whose
/// blocks share a bias by distance.
struct MPNet: Architecture {
  static let label = "mpnet"
  static let modelTypes = ["mpnet"]
  static let knownModels = "MPNet, all-mpnet-base-v2, multi-qa-mpnet, SetFit's paraphrase-mpnet"

  /// Where positions start: rows 0 and 1 of the table belong to no token.
  private static let firstPosition = 2
  private static let names = PostNormNames(
    query: "attention.attn.q", key: "attention.attn.k", value: "attention.attn.v",
    attentionOutput: "attention.attn.o", attentionNorm: "attention.LayerNorm")

  let vocabularySize: Int
  private let layers: Int
  private let positions: Int
  private let buckets: Int
  private let sizes: PostNormSizes

  init(_ fields: ConfigurationFields) throws {
    sizes = try fields.postNormSizes(epsilon: 1e-12)
    vocabularySize = try fields.size("vocab_size")
    layers = try fields.count("num_hidden_layers")
    positions = try fields.size("max_position_embeddings", minimum: Self.firstPosition + 1)
    buckets = try fields.size("relative_attention_num_buckets", default: 32)
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let hiddenSize = sizes.hiddenSize
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.word_embeddings.weight", vocabularySize, hiddenSize),
      positions: try parameters.embedding(
        "embeddings.position_embeddings.weight", positions, hiddenSize),
      firstPosition: Self.firstPosition,
      norm: try parameters.layerNorm("embeddings.LayerNorm", hiddenSize, epsilon: sizes.epsilon),
      longestText: positions - Self.firstPosition)
    let bias = try parameters.relativeBias(
      "encoder.relative_attention_bias.weight", buckets: buckets, heads: sizes.heads,
      maximumDistance: 128, isBidirectional: true)
    let blocks = try (0..<layers).map {
      try parameters.postNormBlock(
        "encoder.layer.\($0)", Self.names, sizes, positions: .bias(bias))
    }
    return Backbone(embeddings: embeddings, encoder: Stack(blocks: blocks, finalNorm: nil))
  }
}
