/// Llama (Touvron et al., 2023) and models of its make: rotary positions by halves, heads of keys that
/// serve several of queries, SiLU feed-forward layers, no biases unless the configuration asks for them.
///
/// Mistral is one whose rows see a window; texts within the window are read.
struct Llama: CausalFamily {
  static let label = "llama"
  static let modelTypes = ["llama", "mistral"]
  static let knownModels = "Llama 2 and 3, SmolLM2, TinyLlama, Mistral within its window"

  let model: CausalModel

  static func features(_ fields: ConfigurationFields) throws -> CausalModel.Features {
    let hasBiases = try fields.flag("attention_bias", default: false)
    return CausalModel.Features(
      hasProjectionBiases: hasBiases, hasOutputBias: hasBiases,
      hasFeedForwardBiases: try fields.flag("mlp_bias", default: false))
  }
}
