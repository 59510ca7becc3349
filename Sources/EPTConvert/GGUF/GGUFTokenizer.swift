import EPTFormat

/// The tokenizer in a GGUF file's metadata, as a `tokenizer.json` would say it.
struct GGUFTokenizer {
  /// Kinds of tokens, by their numbers in a file.
  private enum Kind: Int {
    case normal = 1
    case unknown
    case control
    case userDefined
    case unused
    case byte
  }

  /// Far more bytes than sentencepiece, which has 16 characters by default, gives a piece.
  private static let longestPiece = 256

  let json: JSON

  /// Reads `metadata`.
  ///
  /// - Throws: `FormatError`.
  init(_ metadata: GGUFMetadata) throws {
    let keys = "tokenizer.ggml."
    guard let tokens = metadata[keys + "tokens"]?.strings, !tokens.isEmpty else {
      throw metadata.corrupt(keys + "tokens", "it must be a list of texts")
    }
    let kinds = try Self.kinds(metadata, count: tokens.count)
    let model: JSON
    var normalizer = JSON.null
    var preTokenizer = JSON.null
    var addsStart: Bool
    switch try metadata.string(keys + "model") {
    case "gpt2":
      let cutting = try GGUFPreTokenizer(metadata)
      guard let merges = metadata[keys + "merges"]?.strings else {
        throw metadata.corrupt(keys + "merges", "it must be a list of texts")
      }
      model = Self.bytePair(
        tokens, merges: merges.map { .string($0) },
        [JSONMember("ignore_merges", .bool(cutting.ignoresMerges))])
      (normalizer, preTokenizer) = (cutting.normalizer, cutting.preTokenizer)
      addsStart = cutting.addsStart
    case "llama":
      guard let scores = metadata[keys + "scores"]?.numbers, scores.count == tokens.count else {
        throw metadata.corrupt(keys + "scores", "it must be a list of \(tokens.count) numbers")
      }
      // Each piece is cut at every place to find its merges, over all of its bytes each time.
      if let piece = tokens.first(where: { $0.utf8.count > Self.longestPiece }) {
        throw metadata.unsupported(
          "a piece of \(piece.utf8.count) bytes in the tokenizer",
          "at most \(Self.longestPiece) make sense; convert the model's safetensors checkpoint")
      }
      let unknown = try metadata.integer(keys + "unknown_token_id") ?? 0
      guard tokens.indices.contains(unknown) else {
        throw metadata.corrupt(keys + "unknown_token_id", "it is no token")
      }
      model = Self.bytePair(
        tokens, merges: GGUFMerges.list(tokens, scores),
        [
          JSONMember("unk_token", .string(tokens[unknown])), JSONMember("fuse_unk", true),
          JSONMember("byte_fallback", true),
        ])
      let addsSpace = try metadata.flag(keys + "add_space_prefix") ?? true
      let prefix: [JSON] = addsSpace ? [["type": "Prepend", "prepend": "\u{2581}"]] : []
      let spaces: JSON = [
        "type": "Replace", "pattern": ["String": " "], "content": "\u{2581}",
      ]
      normalizer = ["type": "Sequence", "normalizers": .array(prefix + [spaces])]
      addsStart = true
    case let kind:
      throw metadata.unsupported(
        "the tokenizer `\(kind ?? "?")` in GGUF",
        "gpt2 and llama are; convert the model's safetensors checkpoint")
    }
    addsStart = try metadata.flag(keys + "add_bos_token") ?? addsStart
    let addsEnd = try metadata.flag(keys + "add_eos_token") ?? false
    func special(_ isWanted: Bool, _ key: String) throws -> Int? {
      guard isWanted else { return nil }
      let id = try metadata.required(keys + key)
      guard tokens.indices.contains(id) else {
        throw metadata.corrupt(keys + key, "it is no token")
      }
      return id
    }
    json = [
      "added_tokens": Self.addedTokens(tokens, kinds), "normalizer": normalizer,
      "pre_tokenizer": preTokenizer,
      "post_processor": Self.template(
        start: try special(addsStart, "bos_token_id"), end: try special(addsEnd, "eos_token_id")),
      "model": model,
    ]
  }

  /// What each token is; all are normal where the file does not say.
  private static func kinds(_ metadata: GGUFMetadata, count: Int) throws -> [Kind] {
    let key = "tokenizer.ggml.token_type"
    guard let value = metadata[key] else { return [Kind](repeating: .normal, count: count) }
    guard let numbers = value.integers, numbers.count == count else {
      throw metadata.corrupt(key, "it must be a list of \(count) whole numbers")
    }
    return numbers.map { Kind(rawValue: $0) ?? .normal }
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

  /// Tokens that are found in a text as they are.
  private static func addedTokens(_ tokens: [String], _ kinds: [Kind]) -> JSON {
    .array(
      zip(tokens, kinds).enumerated().compactMap { id, token in
        guard [.unknown, .control, .userDefined].contains(token.1), !token.0.isEmpty else {
          return nil
        }
        return [
          "id": .integer(id), "content": .string(token.0), "normalized": false,
          "special": .bool(token.1 != .userDefined),
        ]
      })
  }

  /// What stands around a text.
  private static func template(start: Int?, end: Int?) -> JSON {
    guard start != nil || end != nil else { return .null }
    func token(_ name: String, _ id: Int?) -> [JSON] {
      id == nil ? [] : [["SpecialToken": ["id": .string(name), "type_id": 0]]]
    }
    func text(_ name: JSON) -> [JSON] { [["Sequence": ["id": name, "type_id": 0]]] }
    let names = [("start", start), ("end", end)].compactMap { name, id in
      id.map { JSONMember(name, ["id": .string(name), "ids": .array([.integer($0)])]) }
    }
    return [
      "type": "TemplateProcessing",
      "single": .array(token("start", start) + text("A") + token("end", end)),
      "pair": .array(
        token("start", start) + text("A") + token("end", end) + token("start", start) + text("B")
          + token("end", end)),
      "special_tokens": .object(names),
    ]
  }
}
