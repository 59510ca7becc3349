import EPTLayers

/// RoBERTa (Liu et al., 2019) and XLM-RoBERTa: BERT whose positions count from pad + 1.
struct RoBERTa: Architecture {
  static let label = "roberta"
  static let modelTypes = ["roberta", "xlm-roberta", "camembert"]
  static let knownModels = "RoBERTa, XLM-RoBERTa, CamemBERT, multilingual E5, BGE-M3"

  let vocabularySize: Int
  private let layers: Int
  private let positions: Int
  private let firstPosition: Int
  private let tokenTypes: Int
  private let sizes: PostNormSizes

  init(_ fields: ConfigurationFields) throws {
    sizes = try fields.postNormSizes(epsilon: 1e-12)
    vocabularySize = try fields.size("vocab_size")
    layers = try fields.count("num_hidden_layers")
    positions = try fields.size("max_position_embeddings")
    firstPosition = try fields.size("pad_token_id", default: 1, minimum: 0) + 1
    tokenTypes = try fields.size("type_vocab_size")
    try fields.require("position_embedding_type", oneOf: ["absolute"], default: "absolute")
    guard positions > firstPosition else {
      throw ModelError.configuration(
        field: "max_position_embeddings",
        reason: "leaves no position behind the \(firstPosition) up to the padding's")
    }
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let hiddenSize = sizes.hiddenSize
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.word_embeddings.weight", vocabularySize, hiddenSize),
      positions: try parameters.embedding(
        "embeddings.position_embeddings.weight", positions, hiddenSize),
      firstPosition: firstPosition,
      tokenTypes: try parameters.embedding(
        "embeddings.token_type_embeddings.weight", tokenTypes, hiddenSize, isSmallTable: true),
      norm: try parameters.layerNorm("embeddings.LayerNorm", hiddenSize, epsilon: sizes.epsilon),
      longestText: positions - firstPosition)
    let blocks = try (0..<layers).map {
      try parameters.postNormBlock("encoder.layer.\($0)", PostNormNames(), sizes)
    }
    return Backbone(embeddings: embeddings, encoder: Stack(blocks: blocks, finalNorm: nil))
  }
}
