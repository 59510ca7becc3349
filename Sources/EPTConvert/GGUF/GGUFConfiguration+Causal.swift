import EPTFormat
import Glibc

extension GGUFConfiguration {
  /// Llama's and its kin's.
  static func causal(
    _ name: String, _ metadata: GGUFMetadata, _ files: [GGUFFile]
  ) throws -> GGUFConfiguration {
    guard try metadata.integer("\(name).expert_count") ?? 0 == 0 else {
      throw metadata.unsupported("a model with experts", "models without are read")
    }
    let heads = try metadata.required("\(name).attention.head_count")
    let keyHeads = try metadata.integer("\(name).attention.head_count_kv") ?? heads
    let size = try metadata.required("\(name).embedding_length")
    let headWidth =
      try metadata.integer("\(name).attention.key_length") ?? (heads > 0 ? size / heads : 0)
    for key in ["attention.value_length", "rope.dimension_count"] {
      let width = try metadata.integer("\(name).\(key)") ?? headWidth
      guard width == headWidth else {
        throw metadata.unsupported(
          "`\(name).\(key)` of \(width) in heads of \(headWidth)", "they must be the same")
      }
    }
    let hasOutput = files.shape(of: "output.weight") != nil
    let hasBiases = files.shape(of: "blk.0.attn_q.bias") != nil
    let frequencies = try Self.frequencies(files)
    let rope = try Self.rope(metadata, name, frequencies: frequencies, headWidth: headWidth)
    var members: [JSONMember] = [
      JSONMember("model_type", .string(name)),
      JSONMember("vocab_size", .integer(try files.rows(of: "token_embd.weight"))),
      JSONMember("hidden_size", .integer(size)),
      JSONMember(
        "intermediate_size", .integer(try metadata.required("\(name).feed_forward_length"))),
      JSONMember(
        "num_hidden_layers", .integer(try metadata.required("\(name).block_count"))),
      JSONMember("num_attention_heads", .integer(heads)),
      JSONMember("num_key_value_heads", .integer(keyHeads)),
      JSONMember("head_dim", .integer(headWidth)),
      JSONMember(
        "max_position_embeddings", .integer(try metadata.required("\(name).context_length"))),
      JSONMember(
        "rms_norm_eps",
        .number(try metadata.number("\(name).attention.layer_norm_rms_epsilon") ?? 1e-6)),
      JSONMember("hidden_act", "silu"), JSONMember("tie_word_embeddings", .bool(!hasOutput)),
      JSONMember("rope_parameters", rope),
    ]
    if name != "qwen2" { members.append(JSONMember("attention_bias", .bool(hasBiases))) }
    if let window = try metadata.integer("\(name).attention.sliding_window"), window > 0 {
      members.append(JSONMember("sliding_window", .integer(window)))
    }
    if let end = try metadata.integer("tokenizer.ggml.eos_token_id") {
      members.append(JSONMember("eos_token_id", .integer(end)))
    }
    return GGUFConfiguration(
      json: .object(members), names: .causal,
      // Only `llama` is rotated by neighbours.
      rotatedHeads: name == "llama" ? GGUFWeights.Heads(query: heads, key: keyHeads) : nil,
      tokenizers: ["gpt2", "llama"])
  }

  /// How the rotation's frequencies are divided, one number each; nil where the file does not say.
  private static func frequencies(_ files: [GGUFFile]) throws -> [Float]? {
    for file in files where file.shape(of: GGUFNames.frequencies) != nil {
      let tensor = try file.checkpointTensor(GGUFNames.frequencies, called: GGUFNames.frequencies)
      return try tensor.withFloats(in: 0..<tensor.count) { Array($0) }
    }
    return nil
  }

  private static func rope(
    _ metadata: GGUFMetadata, _ name: String, frequencies: [Float]?, headWidth: Int
  ) throws -> JSON {
    let base = try metadata.number("\(name).rope.freq_base") ?? 10_000
    var members = [JSONMember("rope_theta", .number(base))]
    switch try metadata.string("\(name).rope.scaling.type") ?? "none" {
    case "none": break
    case "linear":
      members += [
        JSONMember("rope_type", "linear"),
        JSONMember("factor", .number(try metadata.number("\(name).rope.scaling.factor") ?? 1)),
      ]
    case let kind:
      throw metadata.unsupported(
        "scaling `\(kind)` of the rotation", "none, linear and Llama 3's are")
    }
    guard let frequencies else { return .object(members) }
    guard members.count == 1,
      let scaling = Llama3Scaling(frequencies, base: base, headWidth: headWidth)
    else {
      throw metadata.unsupported(
        "a `\(GGUFNames.frequencies)` that is not Llama 3's",
        "convert the model's safetensors checkpoint")
    }
    return .object(members + scaling.members)
  }
}

/// Llama 3's scaling of frequencies, of which a GGUF file has only what each is divided by.
private struct Llama3Scaling {
  private static let (low, high, original) = (1.0, 4.0, 8192)
  private let factor: Double

  /// Nil where `divisors` are not those of this scaling.
  init?(_ divisors: [Float], base: Double, headWidth: Int) {
    guard divisors.count == headWidth / 2, let largest = divisors.max(), largest >= 1 else {
      return nil
    }
    factor = Double(largest)
    for (index, divisor) in divisors.enumerated() {
      let length = 2 * Double.pi * pow(base, Double(2 * index) / Double(headWidth))
      let fits = Double(Self.original) / length
      let share = (fits - Self.low) / (Self.high - Self.low)
      let expected =
        fits < Self.low
        ? factor : fits > Self.high ? 1 : 1 / ((1 - share) / factor + share)
      guard abs(expected / Double(divisor) - 1) < 1e-4 else { return nil }
    }
  }

  var members: [JSONMember] {
    [
      JSONMember("rope_type", "llama3"), JSONMember("factor", .number(factor)),
      JSONMember("low_freq_factor", .number(Self.low)),
      JSONMember("high_freq_factor", .number(Self.high)),
      JSONMember("original_max_position_embeddings", .integer(Self.original)),
    ]
  }
}
