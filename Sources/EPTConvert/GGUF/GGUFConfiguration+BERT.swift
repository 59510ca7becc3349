import EPTFormat
import EPTModel

extension GGUFConfiguration {
  /// BERT's.
  ///
  /// Of models that go by that name in GGUF, RoBERTa and DistilBERT are refused: they are other families,
  /// without a WordPiece tokenizer or without token types.
  static func bert(_ metadata: GGUFMetadata, _ files: [GGUFFile]) throws -> GGUFConfiguration {
    guard try metadata.flag("bert.attention.causal") != true else {
      throw metadata.unsupported(
        "a BERT whose rows see earlier ones alone", "those that see all are read")
    }
    let json: JSON = [
      "model_type": "bert", "vocab_size": .integer(try files.rows(of: "token_embd.weight")),
      "hidden_size": .integer(try metadata.required("bert.embedding_length")),
      "num_hidden_layers": .integer(try metadata.required("bert.block_count")),
      "num_attention_heads": .integer(try metadata.required("bert.attention.head_count")),
      "intermediate_size": .integer(try metadata.required("bert.feed_forward_length")),
      "max_position_embeddings": .integer(try files.rows(of: "position_embd.weight")),
      "type_vocab_size": .integer(try files.rows(of: "token_types.weight")), "hidden_act": "gelu",
      "layer_norm_eps": .number(
        try metadata.number("bert.attention.layer_norm_epsilon") ?? 1e-12),
    ]
    // Others are none, or no pooling of states.
    let poolings: [Int: Pooling] = [1: .mean, 2: .cls, 3: .last]
    return GGUFConfiguration(
      json: json, names: .bert,
      pooling: try metadata.integer("bert.pooling_type").flatMap { poolings[$0] },
      tokenizers: ["bert"])
  }
}
