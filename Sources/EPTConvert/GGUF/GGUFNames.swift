/// What GGUF calls the tensors of a family, and what its checkpoints call them.
struct GGUFNames {
  /// The blocks of one stack.
  private struct Blocks {
    /// What its tensors' names begin with in a checkpoint.
    let stem: String
    /// The names within a block, by GGUF's.
    let parts: [String: String]
  }

  /// What `llama` files may hold beside weights: how frequencies of the rotation are scaled.
  static let frequencies = "rope_freqs.weight"

  private let outer: [String: String]
  /// By what GGUF's names begin with.
  private let blocks: [String: Blocks]

  /// The checkpoint's name of GGUF's tensor `name`; nil for one that the family does not have.
  func checkpointName(_ name: String) -> String? {
    if let outer = outer[name] { return outer }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4, let end = parts.last, ["weight", "bias"].contains(end),
      let blocks = blocks[parts.dropLast(3).joined(separator: ".")],
      let inner = blocks.parts[String(parts[parts.count - 2])]
    else { return nil }
    return "\(blocks.stem).\(parts[parts.count - 3]).\(inner).\(end)"
  }
}

extension GGUFNames {
  /// Llama's and its kin's.
  static let causal = GGUFNames(
    outer: [
      "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
      "output.weight": "lm_head.weight",
    ],
    blocks: [
      "blk": Blocks(
        stem: "model.layers",
        parts: [
          "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj",
          "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
          "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
          "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm",
          "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
        ])
    ])

  /// BERT's.
  static let bert = GGUFNames(
    outer: [
      "token_embd.weight": "embeddings.word_embeddings.weight",
      "position_embd.weight": "embeddings.position_embeddings.weight",
      "token_types.weight": "embeddings.token_type_embeddings.weight",
      "token_embd_norm.weight": "embeddings.LayerNorm.weight",
      "token_embd_norm.bias": "embeddings.LayerNorm.bias",
    ],
    blocks: [
      "blk": Blocks(
        stem: "encoder.layer",
        parts: [
          "attn_q": "attention.self.query", "attn_k": "attention.self.key",
          "attn_v": "attention.self.value", "attn_output": "attention.output.dense",
          "attn_output_norm": "attention.output.LayerNorm", "ffn_up": "intermediate.dense",
          "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm",
        ])
    ])

  /// T5's.
  static func t5(isGated: Bool) -> GGUFNames {
    func attention(_ own: String, _ name: String, _ layer: Int) -> [String: String] {
      [
        "\(own)_norm": "layer.\(layer).layer_norm", "\(own)_q": "layer.\(layer).\(name).q",
        "\(own)_k": "layer.\(layer).\(name).k", "\(own)_v": "layer.\(layer).\(name).v",
        "\(own)_o": "layer.\(layer).\(name).o",
        "\(own)_rel_b": "layer.\(layer).\(name).relative_attention_bias",
      ]
    }
    func feedForward(_ layer: Int) -> [String: String] {
      let name = "layer.\(layer).DenseReluDense"
      return [
        "ffn_norm": "layer.\(layer).layer_norm", "ffn_gate": "\(name).wi_0",
        "ffn_up": isGated ? "\(name).wi_1" : "\(name).wi", "ffn_down": "\(name).wo",
      ]
    }
    func merged(_ parts: [String: String]...) -> [String: String] {
      parts.reduce(into: [:]) { all, part in all.merge(part) { $1 } }
    }
    let own = attention("attn", "SelfAttention", 0)
    return GGUFNames(
      outer: [
        "token_embd.weight": "shared.weight", "output.weight": "lm_head.weight",
        "enc.output_norm.weight": "encoder.final_layer_norm.weight",
        "dec.output_norm.weight": "decoder.final_layer_norm.weight",
      ],
      blocks: [
        "enc.blk": Blocks(stem: "encoder.block", parts: merged(own, feedForward(1))),
        "dec.blk": Blocks(
          stem: "decoder.block",
          parts: merged(own, attention("cross_attn", "EncDecAttention", 1), feedForward(2))),
      ])
  }
}
