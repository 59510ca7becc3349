import EPTLayers

/// BERT (Devlin et al., 2019): learned positions, token types, LayerNorm after each residual sum.
struct BERT: Architecture {
  static let label = "bert"
  static let modelTypes = ["bert"]
  static let knownModels = "BERT, MiniLM, BGE, E5, GTE (BERT type)"

  let vocabularySize: Int
  private let layers: Int
  private let positions: Int
  private let tokenTypes: Int
  private let sizes: PostNormSizes

  init(_ fields: ConfigurationFields) throws {
    sizes = try fields.postNormSizes(epsilon: 1e-12)
    vocabularySize = try fields.size("vocab_size")
    layers = try fields.count("num_hidden_layers")
    positions = try fields.size("max_position_embeddings")
    tokenTypes = try fields.size("type_vocab_size")
    try fields.require("position_embedding_type", oneOf: ["absolute"], default: "absolute")
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let hiddenSize = sizes.hiddenSize
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.word_embeddings.weight", vocabularySize, hiddenSize),
      positions: try parameters.embedding(
        "embeddings.position_embeddings.weight", positions, hiddenSize),
      tokenTypes: try parameters.embedding(
        "embeddings.token_type_embeddings.weight", tokenTypes, hiddenSize, isSmallTable: true),
      norm: try parameters.layerNorm("embeddings.LayerNorm", hiddenSize, epsilon: sizes.epsilon),
      longestText: positions)
    let blocks = try (0..<layers).map {
      try parameters.postNormBlock("encoder.layer.\($0)", PostNormNames(), sizes)
    }
    return Backbone(embeddings: embeddings, encoder: Stack(blocks: blocks, finalNorm: nil))
  }
}
