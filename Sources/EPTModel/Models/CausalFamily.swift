/// A family that is `CausalModel` with features of its own.
protocol CausalFamily: Architecture {
  /// What `fields` say of the features.
  static func features(_ fields: ConfigurationFields) throws -> CausalModel.Features

  var model: CausalModel { get }

  init(model: CausalModel)
}

extension CausalFamily {
  package var vocabularySize: Int { model.vocabularySize }

  package init(_ fields: ConfigurationFields) throws {
    self.init(model: try CausalModel(fields, Self.features(fields)))
  }

  package func backbone(_ parameters: ParameterMap) throws -> Backbone {
    try model.backbone(parameters)
  }
}
