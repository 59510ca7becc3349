import EPTLayers

/// ModernBERT (Warner et al., 2024): rotary positions, attention to a window in most blocks, gated
/// GELU, norms before each sub-layer, no biases.
struct ModernBERT: Architecture {
  static let label = "modernbert"
  static let modelTypes = ["modernbert"]
  static let knownModels = "ModernBERT, mmBERT, Ettin encoders, GTE-ModernBERT"

  let vocabularySize: Int
  private let hiddenSize: Int
  private let heads: Int
  private let feedForwardWidth: Int
  private let longestText: Int
  private let epsilon: Float
  private let activation: Activation
  /// The mask and rotation of each block.
  private let blocks: [(mask: AttentionMask, rotary: Rotary)]

  init(_ fields: ConfigurationFields) throws {
    vocabularySize = try fields.size("vocab_size")
    hiddenSize = try fields.size("hidden_size")
    heads = try fields.count("num_attention_heads")
    feedForwardWidth = try fields.size("intermediate_size")
    longestText = try fields.size("max_position_embeddings", default: 8192)
    epsilon = try fields.epsilon("norm_eps", default: 1e-5)
    activation = try fields.activation("hidden_activation")
    for field in ["attention_bias", "mlp_bias", "norm_bias"] {
      try fields.require(field, false, default: false)
    }
    try fields.requireHeads("num_attention_heads", heads, hiddenSize: hiddenSize)
    guard hiddenSize / heads % 2 == 0 else {
      throw ModelError.configuration(
        field: "num_attention_heads", reason: "gives heads of an odd width, which cannot be turned")
    }
    let window = AttentionMask.window(
      radius: try fields.size("local_attention", default: 128, minimum: 2) / 2)
    let headWidth = hiddenSize / heads
    let global = Rotary(base: try Self.base(fields, isFull: true), headWidth: headWidth)
    let local = Rotary(base: try Self.base(fields, isFull: false), headWidth: headWidth)
    blocks = try Self.isFull(fields).map { $0 ? (.full, global) : (window, local) }
  }

  /// Which blocks attend to the whole text: listed as transformers 5 does, or each n-th.
  private static func isFull(_ fields: ConfigurationFields) throws -> [Bool] {
    let layers = try fields.count("num_hidden_layers")
    guard let types = try fields.strings("layer_types") else {
      let interval = try fields.size("global_attn_every_n_layers", default: 3)
      return (0..<layers).map { $0 % interval == 0 }
    }
    let known = ["full_attention": true, "sliding_attention": false]
    guard types.count == layers, types.allSatisfy({ known[$0] != nil }) else {
      throw ModelError.configuration(
        field: "layer_types",
        reason: "must have full_attention or sliding_attention for each of \(layers) layers")
    }
    return types.map { known[$0] ?? true }
  }

  /// The base of the angles, where transformers 5 writes it or where 4 does.
  private static func base(_ fields: ConfigurationFields, isFull: Bool) throws -> Float {
    if let kinds = try fields.object("rope_parameters"),
      let parameters = try kinds.object(isFull ? "full_attention" : "sliding_attention")
    {
      try parameters.require("rope_type", oneOf: ["default"], default: "default")
      return try parameters.ropeBase("rope_theta", default: isFull ? 160_000 : 10_000)
    }
    let global = try fields.ropeBase("global_rope_theta", default: 160_000)
    return isFull ? global : try fields.ropeBase("local_rope_theta", default: global)
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone {
    func norm(_ name: String) throws -> Norm {
      try parameters.layerNorm(name, hiddenSize, epsilon: epsilon, hasBias: false)
    }
    let embeddings = InputEmbeddings(
      words: try parameters.embedding(
        "embeddings.tok_embeddings.weight", vocabularySize, hiddenSize),
      norm: try norm("embeddings.norm"), longestText: longestText)
    let scale = 1 / Float(hiddenSize / heads).squareRoot()
    let stack = try blocks.enumerated().map { index, block in
      let name = "layers.\(index)"
      // The embeddings are normalized already.
      let attentionNorm = index == 0 ? nil : try norm("\(name).attn_norm")
      let projections = try parameters.fused(
        "\(name).attn.Wqkv", parts: 3, 3 * hiddenSize, hiddenSize)
      let attention = SelfAttention(
        query: projections[0], key: projections[1], value: projections[2],
        output: try parameters.linear("\(name).attn.Wo", hiddenSize, hiddenSize, hasBias: false),
        heads: heads, scale: scale, mask: block.mask, positions: .rotary(block.rotary))
      let feedForwardNorm = try norm("\(name).mlp_norm")
      let inputs = try parameters.fused(
        "\(name).mlp.Wi", parts: 2, 2 * feedForwardWidth, hiddenSize)
      let feedForward = FeedForward(
        up: inputs[1], gate: inputs[0],
        down: try parameters.linear("\(name).mlp.Wo", hiddenSize, feedForwardWidth, hasBias: false),
        activation: activation)
      return TransformerBlock(
        attention: attention, feedForward: feedForward,
        norms: .pre(attention: attentionNorm, feedForward: feedForwardNorm))
    }
    return Backbone(
      embeddings: embeddings, encoder: Stack(blocks: stack, finalNorm: try norm("final_norm")))
  }
}
