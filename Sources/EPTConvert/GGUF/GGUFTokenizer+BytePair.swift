import EPTFormat

extension GGUFTokenizer {
  /// Far more bytes than sentencepiece, which has 16 characters by default, gives a piece.
  private static let longestPiece = 256

  /// GPT-2's kind: merges of bytes, whose words a name says how to cut.
  static func byteLevel(_ source: Source) throws -> Parts {
    let cutting = try GGUFPreTokenizer(source.metadata)
    guard let merges = source.metadata[keys + "merges"]?.strings else {
      throw source.metadata.corrupt(keys + "merges", "it must be a list of texts")
    }
    return Parts(
      model: bytePair(
        source.tokens, merges: merges.map { .string($0) },
        [JSONMember("ignore_merges", .bool(cutting.ignoresMerges))]),
      normalizer: cutting.normalizer, preTokenizer: cutting.preTokenizer,
      addsStart: cutting.addsStart)
  }

  /// Llama 2's kind: pieces of sentencepiece, whose scores say which merge first.
  static func sentencePiece(_ source: Source) throws -> Parts {
    let (metadata, tokens) = (source.metadata, source.tokens)
    let scores = try source.scores()
    // Each piece is cut at every place to find its merges, over all of its bytes each time.
    if let piece = tokens.first(where: { $0.utf8.count > longestPiece }) {
      throw metadata.unsupported(
        "a piece of \(piece.utf8.count) bytes in the tokenizer",
        "at most \(longestPiece) make sense; convert the model's safetensors checkpoint")
    }
    let unknown = try source.token("unknown_token_id", usual: 0)
    let addsSpace = try metadata.flag(keys + "add_space_prefix") ?? true
    let prefix: [JSON] = addsSpace ? [["type": "Prepend", "prepend": "\u{2581}"]] : []
    let spaces: JSON = ["type": "Replace", "pattern": ["String": " "], "content": "\u{2581}"]
    return Parts(
      model: bytePair(
        tokens, merges: GGUFMerges.list(tokens, scores),
        [
          JSONMember("unk_token", .string(tokens[unknown])), JSONMember("fuse_unk", true),
          JSONMember("byte_fallback", true),
        ]),
      normalizer: ["type": "Sequence", "normalizers": .array(prefix + [spaces])], addsStart: true)
  }

  private static func bytePair(
    _ tokens: [String], merges: [JSON], _ settings: [JSONMember]
  ) -> JSON {
    .object(
      [
        JSONMember("type", "BPE"),
        JSONMember(
          "vocab", .object(tokens.enumerated().map { JSONMember($0.element, .integer($0.offset)) })),
        JSONMember("merges", .array(merges)),
      ] + settings)
  }
}
