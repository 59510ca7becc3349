/// What GGUF calls the tensors of Llama and its kin, and what their checkpoints call them.
struct GGUFNames {
  private static let outer = [
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]
  private static let inBlocks = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]
  /// What `llama` files may hold beside weights: how frequencies of the rotation are scaled.
  static let frequencies = "rope_freqs.weight"

  /// The checkpoint's name of GGUF's tensor `name`; nil for one that Llama does not have.
  static func checkpointName(_ name: String) -> String? {
    if let outer = outer[name] { return outer }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", ["weight", "bias"].contains(parts[3]),
      let inner = inBlocks[String(parts[2])]
    else { return nil }
    return "model.layers.\(parts[1]).\(inner).\(parts[3])"
  }
}
