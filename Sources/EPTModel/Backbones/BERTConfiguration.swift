import EPTFormat

/// The sizes of a BERT encoder, from its `config.json`.
public struct BERTConfiguration: BackboneConfiguration, Equatable {
  public static let architecture = "bert"
  public static let modelTypes = ["bert"]

  public let vocabularySize: Int
  public let width: Int
  public let layers: Int
  public let heads: Int
  public let feedForwardWidth: Int
  public let positions: Int
  public let segments: Int
  public let normEpsilon: Float

  public init(_ configuration: JSON) throws {
    let fields = ConfigurationFields(configuration)
    vocabularySize = try fields.size("vocab_size")
    width = try fields.size("hidden_size")
    layers = try fields.size("num_hidden_layers")
    heads = try fields.size("num_attention_heads")
    feedForwardWidth = try fields.size("intermediate_size")
    positions = try fields.size("max_position_embeddings")
    segments = try fields.size("type_vocab_size")
    normEpsilon = try fields.number("layer_norm_eps", default: 1e-12)
    try fields.require("hidden_act", oneOf: ["gelu"], default: "gelu")
    try fields.require("position_embedding_type", oneOf: ["absolute"], default: "absolute")
    guard width % heads == 0 else {
      throw ModelError.configuration(
        field: "num_attention_heads", reason: "is \(heads), which does not divide \(width)")
    }
  }

  public static func checkpointNames(of name: String) -> [String] {
    var names = [name]
    // Checkpoints that came from TensorFlow call a norm's weight gamma and its bias beta.
    for (ours, theirs) in [("LayerNorm.weight", "gamma"), ("LayerNorm.bias", "beta")]
    where name.hasSuffix(ours) {
      names.append(name.dropLast(ours.count) + "LayerNorm." + theirs)
    }
    // Models with a head keep the encoder under a name of its own.
    return names + names.map { "bert." + $0 }
  }

  public var tensors: [TensorSpecification] {
    var specifications: [TensorSpecification] = [
      .init("embeddings.word_embeddings.weight", [vocabularySize, width]),
      .init("embeddings.position_embeddings.weight", [positions, width]),
      .init("embeddings.token_type_embeddings.weight", [segments, width], isSmallTable: true),
    ]
    specifications += norm("embeddings.LayerNorm")
    for layer in 0..<layers {
      let block = "encoder.layer.\(layer)"
      for projection in ["self.query", "self.key", "self.value", "output.dense"] {
        specifications += linear("\(block).attention.\(projection)", width, width)
      }
      specifications += norm("\(block).attention.output.LayerNorm")
      specifications += linear("\(block).intermediate.dense", feedForwardWidth, width)
      specifications += linear("\(block).output.dense", width, feedForwardWidth)
      specifications += norm("\(block).output.LayerNorm")
    }
    return specifications
  }

  private func linear(_ name: String, _ outputs: Int, _ inputs: Int) -> [TensorSpecification] {
    [.init(name + ".weight", [outputs, inputs]), .init(name + ".bias", [outputs])]
  }

  private func norm(_ name: String) -> [TensorSpecification] {
    [.init(name + ".weight", [width]), .init(name + ".bias", [width])]
  }
}
