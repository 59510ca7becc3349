/// Qwen2 (Yang et al., 2024): Llama with biases of queries, keys and values.
struct Qwen2: Architecture {
  static let label = "qwen2"
  static let modelTypes = ["qwen2"]
  static let knownModels = "Qwen2, Qwen2.5"

  private let model: CausalModel

  var vocabularySize: Int { model.vocabularySize }

  init(_ fields: ConfigurationFields) throws {
    model = try CausalModel(fields, CausalModel.Features(hasProjectionBiases: true))
  }

  func backbone(_ parameters: ParameterMap) throws -> Backbone { try model.backbone(parameters) }
}
