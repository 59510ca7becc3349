import EPTLayers

/// DistilBERT (Sanh et al., 2019): BERT without token types, under names of its own.
struct DistilBERT: Architecture {
  static let label = "distilbert"
  static let modelTypes = ["distilbert"]
  static let knownModels = "DistilBERT"

  private static let names = PostNormNames(
    query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
    attentionOutput: "attention.out_lin", attentionNorm: "sa_layer_norm", up: "ffn.lin1",
    down: "ffn.lin2", outputNorm: "output_layer_norm")

  let vocabularySize: Int
  private let layers: Int
  private let positions: Int
  private let sizes: PostNormSizes

  init(_ fields: ConfigurationFields) throws {
    vocabularySize = try fields.size("vocab_size")
    layers = try fields.count("n_layers")
    positions = try fields.size("max_position_embeddings")
    sizes = PostNormSizes(
      hiddenSize: try fields.size("dim"), heads: try fields.count("n_heads"),
      feedForwardWidth: try fields.size("hidden_dim"), epsilon: 1e-12,
      activation: try fields.activation("activation"))
    try fields.requireHeads("n_heads", sizes.heads, hiddenSize: sizes.hiddenSize)
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let hiddenSize = sizes.hiddenSize
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.word_embeddings.weight", vocabularySize, hiddenSize),
      positions: try parameters.embedding(
        "embeddings.position_embeddings.weight", positions, hiddenSize),
      norm: try parameters.layerNorm("embeddings.LayerNorm", hiddenSize, epsilon: sizes.epsilon),
      longestText: positions)
    let blocks = try (0..<layers).map {
      try parameters.postNormBlock("transformer.layer.\($0)", Self.names, sizes)
    }
    return Backbone(embeddings: embeddings, encoder: Stack(blocks: blocks, finalNorm: nil))
  }
}
