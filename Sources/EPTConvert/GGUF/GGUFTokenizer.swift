import EPTFormat

/// The tokenizer in a GGUF file's metadata, as a `tokenizer.json` would say it.
struct GGUFTokenizer {
  /// Kinds of tokens, by their numbers in a file.
  enum Kind: Int {
    case normal = 1
    case unknown
    case control
    case userDefined
    case unused
    case byte
  }

  /// What a file has of all tokenizers.
  struct Source {
    let metadata: GGUFMetadata
    let tokens: [String]
    let kinds: [Kind]

    /// One number a token.
    ///
    /// - Throws: `FormatError`.
    func scores() throws -> [Double] {
      let key = GGUFTokenizer.keys + "scores"
      guard let scores = metadata[key]?.numbers, scores.count == tokens.count else {
        throw metadata.corrupt(key, "it must be a list of \(tokens.count) numbers")
      }
      return scores
    }

    /// The token that `key` names, or else `usual`.
    ///
    /// - Throws: `FormatError`.
    func token(_ key: String, usual: Int? = nil) throws -> Int {
      let key = GGUFTokenizer.keys + key
      guard let id = try metadata.integer(key) ?? usual else {
        throw metadata.corrupt(key, "it is not there")
      }
      guard tokens.indices.contains(id) else { throw metadata.corrupt(key, "it is no token") }
      return id
    }
  }

  /// What kinds of tokenizers differ in.
  struct Parts {
    let model: JSON
    var normalizer = JSON.null
    var preTokenizer = JSON.null
    /// The tokens before and behind a text where the file does not say whether they are there.
    var addsStart = false
    var addsEnd = false
    /// What stands around texts, where it is not these.
    var template: JSON?
  }

  static let keys = "tokenizer.ggml."

  let json: JSON

  /// Reads `metadata`; the tokenizer must be of one of `kinds`.
  ///
  /// - Throws: `FormatError`.
  init(_ metadata: GGUFMetadata, kinds: [String]) throws {
    let keys = Self.keys
    guard let tokens = metadata[keys + "tokens"]?.strings, !tokens.isEmpty else {
      throw metadata.corrupt(keys + "tokens", "it must be a list of texts")
    }
    let source = Source(
      metadata: metadata, tokens: tokens, kinds: try Self.kinds(metadata, count: tokens.count))
    let kind = try metadata.string(keys + "model") ?? "?"
    guard kinds.contains(kind) else {
      throw metadata.unsupported(
        "the tokenizer `\(kind)` of such a model in GGUF",
        "\(kinds.joined(separator: " and ")) can be; convert the model's safetensors checkpoint")
    }
    let parts =
      switch kind {
      case "gpt2": try Self.byteLevel(source)
      case "bert": try Self.wordPiece(source)
      case "t5": try Self.unigram(source)
      default: try Self.sentencePiece(source)
      }
    let addsStart = try metadata.flag(keys + "add_bos_token") ?? parts.addsStart
    let addsEnd = try metadata.flag(keys + "add_eos_token") ?? parts.addsEnd
    json = [
      "added_tokens": Self.addedTokens(source), "normalizer": parts.normalizer,
      "pre_tokenizer": parts.preTokenizer,
      "post_processor": try parts.template
        ?? Self.template(
          start: addsStart ? source.token("bos_token_id") : nil,
          end: addsEnd ? source.token("eos_token_id") : nil),
      "model": parts.model,
    ]
  }

  /// What each token is; all are normal where the file does not say.
  private static func kinds(_ metadata: GGUFMetadata, count: Int) throws -> [Kind] {
    let key = keys + "token_type"
    guard let value = metadata[key] else { return [Kind](repeating: .normal, count: count) }
    guard let numbers = value.integers, numbers.count == count else {
      throw metadata.corrupt(key, "it must be a list of \(count) whole numbers")
    }
    return numbers.map { Kind(rawValue: $0) ?? .normal }
  }

  /// Tokens that are found in a text as they are.
  private static func addedTokens(_ source: Source) -> JSON {
    .array(
      zip(source.tokens, source.kinds).enumerated().compactMap { id, token in
        guard [.unknown, .control, .userDefined].contains(token.1), !token.0.isEmpty else {
          return nil
        }
        return [
          "id": .integer(id), "content": .string(token.0), "normalized": false,
          "special": .bool(token.1 != .userDefined),
        ]
      })
  }

  /// One token, or a text, in a template.
  static func item(_ kind: String, _ name: String, type: Int = 0) -> JSON {
    [kind: ["id": .string(name), "type_id": .integer(type)]]
  }

  /// The tokens that a template names, each with its id.
  static func specialTokens(_ tokens: [(String, Int)]) -> JSON {
    .object(
      tokens.map { name, id in
        JSONMember(name, ["id": .string(name), "ids": .array([.integer(id)])])
      })
  }

  /// What stands around a text, and around each of a pair.
  private static func template(start: Int?, end: Int?) -> JSON {
    guard start != nil || end != nil else { return .null }
    let before = start == nil ? [] : [item("SpecialToken", "start")]
    let behind = end == nil ? [] : [item("SpecialToken", "end")]
    func around(_ text: String) -> [JSON] { before + [item("Sequence", text)] + behind }
    var tokens: [(String, Int)] = []
    if let start { tokens.append(("start", start)) }
    if let end { tokens.append(("end", end)) }
    return [
      "type": "TemplateProcessing", "single": .array(around("A")),
      "pair": .array(around("A") + around("B")), "special_tokens": specialTokens(tokens),
    ]
  }
}
