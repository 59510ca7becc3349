import EPTFormat

extension GGUFConfiguration {
  /// T5's with its decoder, or its encoder's alone.
  ///
  /// A file says neither whether the feed-forward layer is gated nor whether each block has a table of
  /// distances of its own, as umT5 has: its tensors show it.
  static func t5(
    _ name: String, _ metadata: GGUFMetadata, _ files: [GGUFFile]
  ) throws -> GGUFConfiguration {
    let isGated = files.shape(of: "enc.blk.0.ffn_gate.weight") != nil
    let hasBiasPerBlock = files.shape(of: "enc.blk.1.attn_rel_b.weight") != nil
    let hasOutput = files.shape(of: "output.weight") != nil
    let layers = try metadata.required("\(name).block_count")
    var members: [JSONMember] = [
      JSONMember("model_type", hasBiasPerBlock ? "umt5" : "t5"),
      JSONMember("vocab_size", .integer(try files.rows(of: "token_embd.weight"))),
      JSONMember("d_model", .integer(try metadata.required("\(name).embedding_length"))),
      JSONMember("d_kv", .integer(try metadata.required("\(name).attention.key_length"))),
      JSONMember("num_heads", .integer(try metadata.required("\(name).attention.head_count"))),
      JSONMember("d_ff", .integer(try metadata.required("\(name).feed_forward_length"))),
      JSONMember("num_layers", .integer(layers)),
      JSONMember(
        "relative_attention_num_buckets",
        .integer(try metadata.integer("\(name).attention.relative_buckets_count") ?? 32)),
      JSONMember(
        "layer_norm_epsilon",
        .number(try metadata.number("\(name).attention.layer_norm_rms_epsilon") ?? 1e-6)),
      JSONMember("feed_forward_proj", isGated ? "gated-gelu" : "relu"),
      JSONMember("tie_word_embeddings", .bool(!hasOutput)),
    ]
    if name == "t5encoder" {
      members.append(JSONMember("architectures", ["T5EncoderModel"]))
    } else {
      members += [
        JSONMember(
          "num_decoder_layers", .integer(try metadata.integer("t5.decoder_block_count") ?? layers)),
        JSONMember(
          "decoder_start_token_id",
          .integer(try metadata.integer("t5.decoder_start_token_id") ?? 0)),
      ]
    }
    if let end = try metadata.integer("tokenizer.ggml.eos_token_id") {
      members.append(JSONMember("eos_token_id", .integer(end)))
    }
    return GGUFConfiguration(
      json: .object(members), names: .t5(isGated: isGated), tokenizers: ["t5"])
  }
}
