import EPTLayers

/// T5 (Raffel et al., 2020) with its decoder, or its encoder alone: RMSNorm before each sub-layer,
/// no factor of the scores, and a bias by distance.
///
/// Version 1.0 has a ReLU feed-forward layer and one matrix for embedding and output; 1.1, Flan,
/// mT5 and umT5 have a gated GELU and an output matrix of their own.
struct T5: Architecture {
  static let label = "t5"
  static let modelTypes = ["t5", "mt5", "umt5"]
  /// Of the first version of T5's code, which never read it.
  static let unreadInBlocks = ["EncDecAttention.relative_attention_bias.weight"]
  static let knownModels = "T5, T5 1.1, Flan-T5, mT5, umT5; T5 encoders alone (sentence-T5)"

  let vocabularySize: Int
  private let hiddenSize: Int
  /// Width of one attention head; `heads · headWidth` need not be `hiddenSize`.
  private let headWidth: Int
  private let heads: Int
  private let feedForwardWidth: Int
  private let encoderLayers: Int
  /// 0 for an encoder alone.
  private let decoderLayers: Int
  private let buckets: Int
  private let maximumDistance: Int
  private let epsilon: Float
  /// `gelu_new(x·W0) ⊙ (x·W1)` instead of `relu(x·W)`.
  private let isGated: Bool
  /// Whether each block has a bias table of its own, as in umT5.
  private let hasBiasPerBlock: Bool
  /// Whether the output matrix is the embedding, scaled by `width^-0.5`.
  private let tiesEmbeddings: Bool
  /// The token that a decoder starts from, and the one that ends a text.
  private let start: Int32
  private let end: Int32

  init(_ fields: ConfigurationFields) throws {
    vocabularySize = try fields.size("vocab_size")
    hiddenSize = try fields.size("d_model")
    headWidth = try fields.size("d_kv")
    heads = try fields.count("num_heads")
    feedForwardWidth = try fields.size("d_ff")
    encoderLayers = try fields.count("num_layers")
    let isEncoder =
      try fields.strings("architectures")?.contains { $0.hasSuffix("EncoderModel") } ?? false
    decoderLayers =
      isEncoder ? 0 : try fields.count("num_decoder_layers", default: encoderLayers)
    buckets = try fields.size("relative_attention_num_buckets", default: 32)
    maximumDistance = try fields.size("relative_attention_max_distance", default: 128)
    epsilon = try fields.epsilon("layer_norm_epsilon", default: 1e-6)
    isGated =
      try fields.require(
        "feed_forward_proj", oneOf: ["relu", "gated-gelu"], default: "relu") == "gated-gelu"
    let modelType = try fields.require("model_type", oneOf: Self.modelTypes, default: "t5")
    hasBiasPerBlock = modelType == "umt5"
    // transformers 5 writes `tie_word_embeddings: true` for every model; there
    // `scale_decoder_outputs` says whether it is tied. mT5 never is, whatever its file says.
    let ties = try fields.flag("tie_word_embeddings", default: true)
    let scales = try fields.flag("scale_decoder_outputs", default: true)
    tiesEmbeddings = ties && scales && modelType != "mt5"
    start = Int32(clamping: try fields.size("decoder_start_token_id", default: 0, minimum: 0))
    end = Int32(clamping: try fields.size("eos_token_id", default: 1, minimum: 0))
    for (field, token) in [("decoder_start_token_id", start), ("eos_token_id", end)]
    where Int(token) >= vocabularySize {
      throw ModelError.configuration(field: field, reason: "is outside the vocabulary")
    }
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    // One matrix with up to three names, of which safetensors stores one.
    let words = try parameters.embedding(
      "shared.weight", vocabularySize, hiddenSize,
      aliases: ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        // A model that ties its output matrix may have written it in the embedding's place.
        + (tiesEmbeddings ? ["lm_head.weight"] : []))
    let encoder = try stack("encoder", encoderLayers, isDecoder: false, parameters)
    guard decoderLayers > 0 else {
      return Backbone(embeddings: InputEmbeddings(words: words), encoder: encoder)
    }
    let decoder = CrossAttentionDecoder(
      words: words, stack: try stack("decoder", decoderLayers, isDecoder: true, parameters),
      vocabulary: try parameters.vocabulary(
        tiesEmbeddings ? nil : "lm_head.weight", tiedTo: words,
        scale: tiesEmbeddings ? 1 / Float(hiddenSize).squareRoot() : 1),
      start: start, ends: [end])
    return Backbone(
      embeddings: InputEmbeddings(words: words), encoder: encoder, decoder: decoder)
  }

  private func stack(
    _ name: String, _ layers: Int, isDecoder: Bool, _ parameters: ParameterMap
  ) throws -> Stack {
    var shared: RelativeBias?
    let blocks = try (0..<layers).map { layer in
      let block = "\(name).block.\(layer).layer"
      let projections = try projections("\(block).0.SelfAttention", parameters)
      let bias =
        try (hasBiasPerBlock ? nil : shared)
        ?? parameters.relativeBias(
          "\(block).0.SelfAttention.relative_attention_bias.weight", buckets: buckets,
          heads: heads, maximumDistance: maximumDistance, isBidirectional: !isDecoder)
      shared = bias
      let attention = SelfAttention(
        query: projections.q, key: projections.k, value: projections.v, output: projections.o,
        heads: heads, scale: 1, positions: .bias(bias))
      let attentionNorm = try norm("\(block).0.layer_norm", parameters)
      let cross = isDecoder ? try crossAttention("\(block).1", parameters) : nil
      let last = "\(block).\(isDecoder ? 2 : 1)"
      let feedForward = try feedForward("\(last).DenseReluDense", parameters)
      return TransformerBlock(
        attention: attention, crossAttention: cross, feedForward: feedForward,
        norms: .pre(
          attention: attentionNorm, feedForward: try norm("\(last).layer_norm", parameters)))
    }
    return Stack(blocks: blocks, finalNorm: try norm("\(name).final_layer_norm", parameters))
  }

  private func norm(_ name: String, _ parameters: ParameterMap) throws -> Norm {
    try parameters.rmsNorm(name, hiddenSize, epsilon: epsilon)
  }

  /// The four projections of an attention.
  ///
  /// With `cutsHeads`, those of keys and values are cut into heads. They are computed in binary32
  /// where heads are not whole panels of int8.
  private func projections(
    _ name: String, _ parameters: ParameterMap, cutsHeads: Bool = false
  ) throws -> (q: Linear, k: Linear, v: Linear, o: Linear) {
    let inner = heads * headWidth
    let isExact = cutsHeads && !parameters.canCut(headWidth)
    func linear(_ suffix: String, isExact: Bool) throws -> Linear {
      try parameters.linear(
        "\(name).\(suffix)", inner, hiddenSize, hasBias: false, isExact: isExact)
    }
    return (
      q: try linear("q", isExact: false), k: try linear("k", isExact: isExact),
      v: try linear("v", isExact: isExact),
      o: try parameters.linear("\(name).o", hiddenSize, inner, hasBias: false)
    )
  }

  private func crossAttention(
    _ layer: String, _ parameters: ParameterMap
  ) throws -> CrossAttention {
    let projections = try projections("\(layer).EncDecAttention", parameters, cutsHeads: true)
    return CrossAttention(
      norm: try norm("\(layer).layer_norm", parameters), query: projections.q, key: projections.k,
      value: projections.v, output: projections.o, heads: heads)
  }

  private func feedForward(_ name: String, _ parameters: ParameterMap) throws -> FeedForward {
    func linear(_ suffix: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try parameters.linear("\(name).\(suffix)", outputs, inputs, hasBias: false)
    }
    let gate = isGated ? try linear("wi_0", feedForwardWidth, hiddenSize) : nil
    return FeedForward(
      up: try linear(isGated ? "wi_1" : "wi", feedForwardWidth, hiddenSize), gate: gate,
      down: try linear("wo", hiddenSize, feedForwardWidth), activation: isGated ? .geluTanh : .relu)
  }
}
