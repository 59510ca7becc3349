/// Qwen2 (Yang et al., 2024): Llama with biases of queries, keys and values.
struct Qwen2: CausalFamily {
  static let label = "qwen2"
  static let modelTypes = ["qwen2"]
  static let knownModels = "Qwen2, Qwen2.5"

  let model: CausalModel

  static func features(_ fields: ConfigurationFields) -> CausalModel.Features {
    CausalModel.Features(hasProjectionBiases: true)
  }
}
