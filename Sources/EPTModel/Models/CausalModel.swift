import EPTLayers

/// What Llama and its kin share: RMSNorm before each sub-layer, rotary positions, attention to rows
/// before, heads of keys that serve several of queries, a gated feed-forward layer.
struct CausalModel {
  /// What differs.
  struct Features {
    /// Whether queries, keys and values have biases.
    var hasProjectionBiases = false
    /// Whether attention's output has a bias.
    var hasOutputBias = false
    /// Whether the feed-forward layer has biases.
    var hasFeedForwardBiases = false
    /// Whether each head of queries and of keys is normalized.
    var normalizesHeads = false
  }

  let vocabularySize: Int
  private let features: Features
  private let hiddenSize: Int
  private let layers: Int
  private let heads: Int
  /// Heads of keys and values.
  private let keyHeads: Int
  /// Width of one head; `heads · headWidth` need not be `hiddenSize`.
  private let headWidth: Int
  private let feedForwardWidth: Int
  private let epsilon: Float
  private let activation: Activation
  private let rotary: Rotary
  private let longestText: Int
  /// Whether the output matrix is the embedding.
  private let tiesEmbeddings: Bool
  private let ends: [Int32]

  init(_ fields: ConfigurationFields, _ features: Features) throws {
    self.features = features
    vocabularySize = try fields.size("vocab_size")
    hiddenSize = try fields.size("hidden_size")
    layers = try fields.count("num_hidden_layers")
    heads = try fields.count("num_attention_heads")
    keyHeads = try fields.count("num_key_value_heads", default: heads)
    guard heads % keyHeads == 0 else {
      throw ModelError.configuration(
        field: "num_key_value_heads", reason: "is \(keyHeads), which does not divide \(heads)")
    }
    headWidth = try Self.headWidth(fields, hiddenSize: hiddenSize, heads: heads)
    feedForwardWidth = try fields.size("intermediate_size")
    epsilon = try fields.epsilon("rms_norm_eps", default: 1e-6)
    activation = try fields.activation("hidden_act", default: "silu")
    rotary = try fields.rotary(headWidth: headWidth)
    longestText = try Self.longestText(fields)
    tiesEmbeddings = try fields.flag("tie_word_embeddings", default: false)
    ends = try fields.tokens("eos_token_id", below: vocabularySize)
  }

  private static func headWidth(
    _ fields: ConfigurationFields, hiddenSize: Int, heads: Int
  ) throws -> Int {
    let given = try fields.size("head_dim", default: 0, minimum: 1)
    if given == 0 { try fields.requireHeads("num_attention_heads", heads, hiddenSize: hiddenSize) }
    let width = given == 0 ? hiddenSize / heads : given
    guard width % 2 == 0 else {
      throw ModelError.configuration(
        field: "head_dim", reason: "is \(width): a head of an odd width cannot be rotated")
    }
    return width
  }

  /// The positions that the model knows, or the window that its rows see, if that is shorter: texts
  /// within it are read as without a window.
  private static func longestText(_ fields: ConfigurationFields) throws -> Int {
    let positions = try fields.size("max_position_embeddings", default: 2048)
    let window = try fields.size("sliding_window", default: positions)
    // Qwen2 writes a window that it does not use; Mistral has no such flag.
    let usesWindow = try fields.flag("use_sliding_window", default: true)
    return usesWindow ? min(positions, window) : positions
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    let words = try parameters.embedding(
      "model.embed_tokens.weight", vocabularySize, hiddenSize)
    let blocks = try (0..<layers).map { try block("model.layers.\($0)", parameters) }
    let stack = Stack(
      blocks: blocks,
      finalNorm: try parameters.rmsNorm("model.norm", hiddenSize, epsilon: epsilon))
    let decoder = CausalDecoder(
      words: words, stack: stack,
      vocabulary: try parameters.vocabulary(
        tiesEmbeddings ? nil : "lm_head.weight", tiedTo: words, scale: 1),
      ends: ends)
    return Backbone(
      embeddings: InputEmbeddings(words: words, longestText: longestText), encoder: stack,
      decoder: decoder)
  }

  private func block(_ name: String, _ parameters: ParameterMap) throws -> TransformerBlock {
    let attentionNorm = try parameters.rmsNorm(
      "\(name).input_layernorm", hiddenSize, epsilon: epsilon)
    let attention = try attention("\(name).self_attn", parameters)
    let feedForwardNorm = try parameters.rmsNorm(
      "\(name).post_attention_layernorm", hiddenSize, epsilon: epsilon)
    func linear(_ suffix: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try parameters.linear(
        "\(name).mlp.\(suffix)", outputs, inputs, hasBias: features.hasFeedForwardBiases)
    }
    let feedForward = FeedForward(
      up: try linear("up_proj", feedForwardWidth, hiddenSize),
      gate: try linear("gate_proj", feedForwardWidth, hiddenSize),
      down: try linear("down_proj", hiddenSize, feedForwardWidth), activation: activation)
    return TransformerBlock(
      attention: attention, feedForward: feedForward,
      norms: .pre(attention: attentionNorm, feedForward: feedForwardNorm))
  }

  private func attention(_ name: String, _ parameters: ParameterMap) throws -> SelfAttention {
    func projection(_ suffix: String, heads: Int) throws -> Linear {
      try parameters.linear(
        "\(name).\(suffix)", heads * headWidth, hiddenSize, hasBias: features.hasProjectionBiases)
    }
    func headNorm(_ suffix: String) throws -> Norm? {
      guard features.normalizesHeads else { return nil }
      return try parameters.rmsNorm("\(name).\(suffix)", headWidth, epsilon: epsilon)
    }
    return SelfAttention(
      query: try projection("q_proj", heads: heads),
      key: try projection("k_proj", heads: keyHeads),
      value: try projection("v_proj", heads: keyHeads),
      output: try parameters.linear(
        "\(name).o_proj", hiddenSize, heads * headWidth, hasBias: features.hasOutputBias),
      queryNorm: try headNorm("q_norm"), keyNorm: try headNorm("k_norm"), heads: heads,
      keyHeads: keyHeads, scale: 1 / Float(headWidth).squareRoot(), mask: .causal,
      positions: .rotary(rotary))
  }
}

extension ConfigurationFields {
  /// The rotation: in `rope_parameters`, as transformers 5 writes it, or in `rope_theta` and
  /// `rope_scaling`, as 4 does.
  fileprivate func rotary(headWidth: Int) throws -> Rotary {
    let parameters = try object("rope_parameters")
    let scaling = try parameters ?? object("rope_scaling")
    let base = try (parameters ?? self).ropeBase("rope_theta", default: 10_000)
    for fields in [self, scaling].compactMap({ $0 }) {
      guard try fields.number("partial_rotary_factor", default: 1) == 1 else {
        throw ModelError.configuration(
          field: "partial_rotary_factor", reason: "must be 1: this version rotates whole heads")
      }
    }
    return Rotary(
      base: base, headWidth: headWidth, scaling: try scaling?.ropeScaling(of: self) ?? .none)
  }

  /// How frequencies are scaled; `model` is the whole configuration.
  private func ropeScaling(of model: ConfigurationFields) throws -> Rotary.Scaling {
    let kinds = ["default", "linear", "llama3"]
    // Older files call it `type`.
    let older = try require("type", oneOf: kinds, default: "default")
    switch try require("rope_type", oneOf: kinds, default: older) {
    case "linear": return .linear(factor: try positive("factor"))
    case "llama3":
      let (low, high) = (try positive("low_freq_factor"), try positive("high_freq_factor"))
      guard high > low else {
        throw ModelError.configuration(
          field: "high_freq_factor", reason: "must be above low_freq_factor")
      }
      return .llama3(
        factor: try positive("factor"), low: low, high: high,
        original: Float(try size("original_max_position_embeddings")))
    default: return .none
    }
  }

  /// A number above 0 that must be there.
  private func positive(_ field: String) throws -> Float {
    let number = try number(field, default: 0)
    guard number > 0 else {
      throw ModelError.configuration(field: field, reason: "must be a number above 0")
    }
    return number
  }
}
