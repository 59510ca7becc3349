import EPTFormat

/// The sizes of a T5 encoder-decoder, from its `config.json`.
///
/// Version 1.0 has a ReLU feed-forward layer and one matrix for embedding and output; 1.1 and
/// Flan have a gated GELU and an output matrix of its own.
public struct T5Configuration: BackboneConfiguration, Equatable {
  public static let architecture = "t5"
  public static let modelTypes = ["t5"]

  /// The feed-forward layer's non-linearity.
  public enum FeedForward: Sendable, Equatable {
    case relu
    /// `gelu_new(x·W0) ⊙ (x·W1)`, GELU by its tanh approximation.
    case gatedGELU
  }

  public let vocabularySize: Int
  public let width: Int
  /// Width of one attention head; `heads · headWidth` need not be `width`.
  public let headWidth: Int
  public let heads: Int
  public let feedForwardWidth: Int
  public let encoderLayers: Int
  public let decoderLayers: Int
  public let relativeBuckets: Int
  public let relativeMaximumDistance: Int
  public let normEpsilon: Float
  public let feedForward: FeedForward
  /// Whether the output matrix is the embedding, scaled by `width^-0.5`.
  public let tiesEmbeddings: Bool
  /// The token that a decoder starts from.
  public let decoderStart: Int32
  /// The token that ends a text.
  public let endToken: Int32

  public init(_ configuration: JSON) throws {
    let fields = ConfigurationFields(configuration)
    vocabularySize = try fields.size("vocab_size")
    width = try fields.size("d_model")
    headWidth = try fields.size("d_kv")
    heads = try fields.size("num_heads")
    feedForwardWidth = try fields.size("d_ff")
    encoderLayers = try fields.size("num_layers")
    decoderLayers = try fields.size("num_decoder_layers", default: encoderLayers)
    relativeBuckets = try fields.size("relative_attention_num_buckets", default: 32)
    relativeMaximumDistance = try fields.size("relative_attention_max_distance", default: 128)
    normEpsilon = try fields.number("layer_norm_epsilon", default: 1e-6)
    let projection = try fields.require(
      "feed_forward_proj", oneOf: ["relu", "gated-gelu"], default: "relu")
    feedForward = projection == "relu" ? .relu : .gatedGELU
    // transformers 5 writes `true` for the former whatever the model has, and says in the latter
    // what was meant.
    let ties = try fields.flag("tie_word_embeddings", default: true)
    let scales = try fields.flag("scale_decoder_outputs", default: true)
    tiesEmbeddings = ties && scales
    decoderStart = Int32(
      clamping: try fields.size("decoder_start_token_id", default: 0, minimum: 0))
    endToken = Int32(clamping: try fields.size("eos_token_id", default: 1, minimum: 0))
    for (field, token) in [("decoder_start_token_id", decoderStart), ("eos_token_id", endToken)]
    where Int(token) >= vocabularySize {
      throw ModelError.configuration(field: field, reason: "is outside the vocabulary")
    }
  }

  public static func checkpointNames(of name: String) -> [String] {
    // One matrix with up to three names, of which safetensors keeps one.
    name == "shared.weight"
      ? [name, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"] : [name]
  }

  public var tensors: [TensorSpecification] {
    var specifications: [TensorSpecification] = [.init("shared.weight", [vocabularySize, width])]
    for (stack, layers, hasCross) in [
      ("encoder", encoderLayers, false), ("decoder", decoderLayers, true),
    ] {
      for layer in 0..<layers {
        let block = "\(stack).block.\(layer).layer"
        specifications += attention("\(block).0.SelfAttention")
        if layer == 0 {
          specifications.append(
            .init(
              "\(block).0.SelfAttention.relative_attention_bias.weight", [relativeBuckets, heads],
              isSmallTable: true))
        }
        specifications.append(.init("\(block).0.layer_norm.weight", [width]))
        if hasCross {
          specifications += attention("\(block).1.EncDecAttention")
          specifications.append(.init("\(block).1.layer_norm.weight", [width]))
        }
        specifications += dense("\(block).\(hasCross ? 2 : 1)")
      }
      specifications.append(.init("\(stack).final_layer_norm.weight", [width]))
    }
    if !tiesEmbeddings {
      specifications.append(.init("lm_head.weight", [vocabularySize, width]))
    }
    return specifications
  }

  private func attention(_ name: String) -> [TensorSpecification] {
    let inner = heads * headWidth
    return [
      .init(name + ".q.weight", [inner, width]),
      .init(name + ".k.weight", [inner, width]),
      .init(name + ".v.weight", [inner, width]),
      .init(name + ".o.weight", [width, inner]),
    ]
  }

  private func dense(_ layer: String) -> [TensorSpecification] {
    let inputs = feedForward == .relu ? ["wi"] : ["wi_0", "wi_1"]
    return inputs.map { .init("\(layer).DenseReluDense.\($0).weight", [feedForwardWidth, width]) }
      + [
        .init("\(layer).DenseReluDense.wo.weight", [width, feedForwardWidth]),
        .init("\(layer).layer_norm.weight", [width]),
      ]
  }
}
