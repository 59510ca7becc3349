import EPTFormat
import EPTText

extension GGUFTokenizer {
  /// T5's: sentencepiece's most probable pieces, and an end token.
  static func unigram(_ source: Source) throws -> Parts {
    let metadata = source.metadata
    let scores = try source.scores()
    let unknown = try source.token("unknown_token_id", usual: 2)
    guard try metadata.flag(keys + "remove_extra_whitespaces") ?? true,
      try metadata.flag(keys + "add_space_prefix") ?? true
    else {
      throw metadata.unsupported(
        "a tokenizer that keeps spaces as they are",
        "those that join them are; convert the model's safetensors checkpoint")
    }
    var normalizer = JSON.null
    if let map = metadata[keys + "precompiled_charsmap"] {
      guard let bytes = map.bytes else {
        throw metadata.corrupt(keys + "precompiled_charsmap", "it must be a list of bytes")
      }
      normalizer = ["type": "Precompiled", "precompiled_charsmap": .string(Base64.encode(bytes))]
    }
    return Parts(
      model: [
        "type": "Unigram", "unk_id": .integer(unknown),
        "vocab": .array(
          zip(source.tokens, scores).map { .array([.string($0), .number($1)]) }),
        "byte_fallback": .bool(source.kinds.contains(.byte)),
      ],
      normalizer: normalizer,
      preTokenizer: [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "WhitespaceSplit"],
          ["type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always"],
        ],
      ],
      addsEnd: true)
  }
}
