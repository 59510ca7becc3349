import EPTFormat

/// A family of pretrained models: what its `config.json` says, and what it is made of.
package protocol Architecture: Sendable {
  /// The family's label in a `.ept`.
  static var label: String { get }
  /// Values of `model_type` in a `config.json` that mean this family.
  static var modelTypes: [String] { get }
  /// Names of models that people know, with how far they were tried.
  static var knownModels: String { get }
  /// Ends of the names of tensors within blocks that checkpoints have and no model reads.
  static var unreadInBlocks: [String] { get }

  /// Reads a `config.json`.
  ///
  /// - Throws: `ModelError.configuration`, naming the field.
  init(_ fields: ConfigurationFields) throws

  /// How many tokens the embedding has rows for.
  var vocabularySize: Int { get }

  /// Builds the model from its parameters; each is named here and nowhere else.
  ///
  /// - Throws: `FormatError` for a tensor that is missing or misshapen.
  func backbone(_ parameters: ParameterMap) throws -> Backbone
}

extension Architecture {
  package static var unreadInBlocks: [String] { [] }

  /// Every tensor that the model reads.
  package var parameters: [ParameterSpecification] {
    get throws {
      let map = ParameterMap()
      _ = try backbone(map)
      return map.specifications
    }
  }
}

/// The families that this version runs.
package enum ArchitectureRegistry {
  /// One type a family.
  package static let all: [any Architecture.Type] = [
    BERT.self, DistilBERT.self, RoBERTa.self, MPNet.self, DeBERTa.self, ModernBERT.self, T5.self,
    Llama.self, Qwen2.self, Qwen3.self,
  ]

  /// Whether label words stand behind the text in the family's own blocks; `label` is the one in a
  /// `.ept`.
  package static func continuesText(_ label: String) -> Bool {
    all.contains { $0.label == label && $0 is any CausalFamily.Type }
  }

  /// Reads `configuration` as whichever family its `model_type` names.
  ///
  /// - Throws: `ModelError.unsupportedArchitecture`, listing the supported ones, or
  ///   `.configuration`.
  package static func architecture(_ configuration: JSON) throws -> any Architecture {
    let modelType = configuration["model_type"]?.string
    for type in all where type.modelTypes.contains(modelType ?? "") {
      return try type.init(ConfigurationFields(configuration))
    }
    throw ModelError.unsupportedArchitecture(
      name: modelType ?? "without a `model_type`", supported: all.flatMap { $0.modelTypes })
  }
}
