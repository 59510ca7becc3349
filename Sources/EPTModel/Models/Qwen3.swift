/// Qwen3 (Yang et al., 2025): Llama with RMSNorm of each head of queries and keys before the rotation,
/// and heads whose width the configuration says.
struct Qwen3: CausalFamily {
  static let label = "qwen3"
  static let modelTypes = ["qwen3"]
  static let knownModels = "Qwen3 without experts"

  let model: CausalModel

  static func features(_ fields: ConfigurationFields) throws -> CausalModel.Features {
    let hasBiases = try fields.flag("attention_bias", default: false)
    return CausalModel.Features(
      hasProjectionBiases: hasBiases, hasOutputBias: hasBiases, normalizesHeads: true)
  }
}
