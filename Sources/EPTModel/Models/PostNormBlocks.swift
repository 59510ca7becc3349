import EPTLayers

/// The sizes of a BERT-type encoder's blocks.
struct PostNormSizes {
  let hiddenSize: Int
  let heads: Int
  let feedForwardWidth: Int
  let epsilon: Float
  let activation: Activation
}

/// What a BERT-type family calls the parts of a block.
struct PostNormNames {
  var query = "attention.self.query"
  var key = "attention.self.key"
  var value = "attention.self.value"
  var attentionOutput = "attention.output.dense"
  var attentionNorm = "attention.output.LayerNorm"
  var up = "intermediate.dense"
  var down = "output.dense"
  var outputNorm = "output.LayerNorm"
}

extension ParameterMap {
  /// A block of BERT's kind: full attention and a plain feed-forward layer with biases, each
  /// followed by residual sum and LayerNorm.
  ///
  /// Scores have the factor `scale`, by default `1/√headWidth`.
  ///
  /// - Throws: `FormatError`.
  func postNormBlock(
    _ block: String, _ names: PostNormNames, _ sizes: PostNormSizes, scale: Float? = nil,
    positions: AttentionPositions = .none
  ) throws -> TransformerBlock {
    let (hiddenSize, inner) = (sizes.hiddenSize, sizes.feedForwardWidth)
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
      try self.linear("\(block).\(name)", outputs, inputs)
    }
    func norm(_ name: String) throws -> Norm {
      try layerNorm("\(block).\(name)", hiddenSize, epsilon: sizes.epsilon)
    }
    let attention = SelfAttention(
      query: try linear(names.query, hiddenSize, hiddenSize),
      key: try linear(names.key, hiddenSize, hiddenSize),
      value: try linear(names.value, hiddenSize, hiddenSize),
      output: try linear(names.attentionOutput, hiddenSize, hiddenSize), heads: sizes.heads,
      scale: scale ?? 1 / Float(hiddenSize / sizes.heads).squareRoot(), positions: positions)
    let attentionNorm = try norm(names.attentionNorm)
    let feedForward = FeedForward(
      up: try linear(names.up, inner, hiddenSize), down: try linear(names.down, hiddenSize, inner),
      activation: sizes.activation)
    return TransformerBlock(
      attention: attention, feedForward: feedForward,
      norms: .post(attention: attentionNorm, feedForward: try norm(names.outputNorm)))
  }
}

extension ConfigurationFields {
  /// The sizes under the names of BERT's `config.json`, which most of its variants use.
  ///
  /// - Throws: `ModelError.configuration`.
  func postNormSizes(epsilon: Float) throws -> PostNormSizes {
    try require("is_decoder", false, default: false)
    try require("add_cross_attention", false, default: false)
    let sizes = PostNormSizes(
      hiddenSize: try size("hidden_size"), heads: try count("num_attention_heads"),
      feedForwardWidth: try size("intermediate_size"),
      epsilon: try self.epsilon("layer_norm_eps", default: epsilon),
      activation: try activation("hidden_act"))
    try requireHeads("num_attention_heads", sizes.heads, hiddenSize: sizes.hiddenSize)
    return sizes
  }
}
