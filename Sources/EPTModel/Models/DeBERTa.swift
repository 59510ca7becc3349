import EPTLayers

/// DeBERTa as version 3 uses it (He et al., 2021): contents and relative positions meet in the
/// scores of every block, both ways, by one table of logarithmic buckets.
struct DeBERTa: Architecture {
  static let label = "deberta-v2"
  static let modelTypes = ["deberta-v2"]
  static let knownModels = "DeBERTa-v3, mDeBERTa-v3"

  private static let names = PostNormNames(
    query: "attention.self.query_proj", key: "attention.self.key_proj",
    value: "attention.self.value_proj")

  let vocabularySize: Int
  private let layers: Int
  /// The longest text that the model was trained with.
  private let longestText: Int
  /// Buckets of one direction.
  private let span: Int
  private let maximumDistance: Int
  private let hasLogarithmicBuckets: Bool
  private let normalizesTable: Bool
  private let sizes: PostNormSizes

  init(_ fields: ConfigurationFields) throws {
    sizes = try fields.postNormSizes(epsilon: 1e-7)
    vocabularySize = try fields.size("vocab_size")
    layers = try fields.count("num_hidden_layers")
    longestText = try fields.size("max_position_embeddings")
    try fields.require("relative_attention", true, default: false)
    try fields.require("position_biased_input", false, default: true)
    try fields.require("share_att_key", true, default: false)
    let terms = try fields.strings("pos_att_type") ?? []
    guard terms.sorted() == ["c2p", "p2c"] else {
      throw ModelError.configuration(
        field: "pos_att_type", reason: "must name p2c and c2p, as version 3 does, and nothing else")
    }
    for field in ["conv_kernel_size", "type_vocab_size"] {
      guard try fields.size(field, default: 0, minimum: 0) == 0 else {
        throw ModelError.configuration(
          field: field, reason: "must be 0 or absent: this version runs the layout of DeBERTa-v3")
      }
    }
    guard try fields.size("embedding_size", default: sizes.hiddenSize) == sizes.hiddenSize else {
      throw ModelError.configuration(field: "embedding_size", reason: "must be the hidden size")
    }
    let asked = try fields.number("max_relative_positions", default: -1)
    maximumDistance = asked < 1 ? longestText : try fields.size("max_relative_positions")
    let buckets = try fields.number("position_buckets", default: -1)
    hasLogarithmicBuckets = buckets >= 1
    span = hasLogarithmicBuckets ? try fields.size("position_buckets") : maximumDistance
    normalizesTable =
      try fields.require("norm_rel_ebd", oneOf: ["layer_norm", "none"], default: "none")
      == "layer_norm"
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let hiddenSize = sizes.hiddenSize
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.word_embeddings.weight", vocabularySize, hiddenSize),
      norm: try parameters.layerNorm("embeddings.LayerNorm", hiddenSize, epsilon: sizes.epsilon),
      longestText: longestText)
    let table = try parameters.embedding("encoder.rel_embeddings.weight", 2 * span, hiddenSize)
    let bias = DisentangledBias(
      table: table,
      norm: normalizesTable
        ? try parameters.layerNorm("encoder.LayerNorm", hiddenSize, epsilon: sizes.epsilon) : nil,
      span: span, maximumDistance: maximumDistance, isLogarithmic: hasLogarithmicBuckets)
    let blocks = try (0..<layers).map {
      // A score is the sum of three terms, which has three times the variance of one.
      try parameters.postNormBlock(
        "encoder.layer.\($0)", Self.names, sizes,
        scale: 1 / Float(3 * (hiddenSize / sizes.heads)).squareRoot(),
        positions: .disentangled(bias.copy()))
    }
    return Backbone(embeddings: embeddings, encoder: Stack(blocks: blocks, finalNorm: nil))
  }
}
