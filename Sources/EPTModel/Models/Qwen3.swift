/// Qwen3 (Yang et al., 2025): Llama with RMSNorm of each head of queries and keys before the rotation,
/// and heads whose width the configuration says.
struct Qwen3: Architecture {
  static let label = "qwen3"
  static let modelTypes = ["qwen3"]
  static let knownModels = "Qwen3 without experts"

  private let model: CausalModel

  var vocabularySize: Int { model.vocabularySize }

  init(_ fields: ConfigurationFields) throws {
    let hasBiases = try fields.flag("attention_bias", default: false)
    model = try CausalModel(
      fields,
      CausalModel.Features(
        hasProjectionBiases: hasBiases, hasOutputBias: hasBiases, normalizesHeads: true))
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone { try model.backbone(parameters) }
}
