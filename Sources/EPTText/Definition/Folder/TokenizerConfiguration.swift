import EPTFormat

/// What the files beside a tokenizer's definition say: `tokenizer_config.json`, and where that lists no
/// `added_tokens_decoder`, `special_tokens_map.json` and `added_tokens.json`; as `transformers` reads them.
struct TokenizerConfiguration {
  /// The keys of special tokens, in the order in which they are added.
  private static let specialKeys = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  let family: TokenizerFamily
  private let json: JSON?
  private let map: JSON?
  private let addedTokens: JSON?
  private let source: String

  /// - Parameters:
  ///   - json: `tokenizer_config.json`.
  ///   - map: `special_tokens_map.json`.
  ///   - addedTokens: `added_tokens.json`.
  ///   - model: `config.json`, which says what the tokenizer is if nothing else does.
  ///   - source: The file that the first is in.
  /// - Throws: `TextError`.
  init(json: JSON?, map: JSON?, addedTokens: JSON?, model: JSON?, source: String) throws {
    self.json = json
    // A list of all tokens makes older files beside it count for nothing.
    self.map = json?["added_tokens_decoder"] == nil ? map : nil
    self.addedTokens = addedTokens
    self.source = source
    if let name = json?["tokenizer_class"]?.string ?? model?["tokenizer_class"]?.string {
      guard !name.hasPrefix("ByT5Tokenizer") else {
        throw TextError.unsupported(
          source: source, what: "the tokenizer_class `\(name)`, whose tokens are bytes,",
          hint: "take a model with a vocabulary, such as mT5")
      }
      guard let family = TokenizerFamily(tokenizerClass: name) else {
        throw TextError.unsupported(
          source: source, what: "the tokenizer_class `\(name)`",
          hint:
            "save the tokenizer as tokenizer.json with a class that needs nothing else, such as "
            + "PreTrainedTokenizerFast; known are those of BERT, MPNet, RoBERTa, GPT-2, Qwen2, T5, "
            + "XLM-RoBERTa, CamemBERT, DeBERTa-v2, Llama and Gemma")
      }
      self.family = family
    } else {
      family = TokenizerFamily(modelType: model?["model_type"]?.string)
    }
    guard json?["split_special_tokens"]?.bool != true else {
      throw TextError.unsupported(
        source: source, what: "split_special_tokens", hint: "set it to false")
    }
    guard json?["auto_map"]?["AutoTokenizer"] == nil else {
      throw TextError.unsupported(
        source: source, what: "an auto_map, for a tokenizer with code of its own,",
        hint: "save the tokenizer as tokenizer.json and remove the auto_map")
    }
  }

  subscript(key: String) -> JSON? {
    guard let value = json?[key], value != .null else { return nil }
    return value
  }

  /// The truth value of a key, nil if it has none.
  ///
  /// - Throws: `TextError.invalid` for another value.
  func flag(_ key: String) throws -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.bool else {
      throw TextError.invalid(source: source, reason: "its \(key) is neither true nor false")
    }
    return flag
  }

  /// What BertNormalizer is told.
  ///
  /// - Throws: `TextError.invalid`.
  func bertSettings(cleansText: Bool = true) throws -> CharacterCodeBuilder.Settings {
    let lowercases = try flag("do_lower_case") ?? true
    return CharacterCodeBuilder.Settings(
      cleansText: cleansText, isolatesChinese: try flag("tokenize_chinese_chars") ?? true,
      stripsAccents: try flag("strip_accents") ?? lowercases, lowercases: lowercases)
  }

  /// The special token that the key names, or else `usual`, whose text is looked up in `vocabulary`.
  func special(_ key: String, usual: String) -> AddedToken {
    namedToken(key) ?? AddedToken(text: Array(usual.utf8), id: -1, isSpecial: true)
  }

  /// The special token that the key names, nil if nothing is said.
  func namedToken(_ key: String) -> AddedToken? {
    for json in [map, json] {
      guard let value = json?[key] else { continue }
      return Self.specialToken(value)
    }
    return nil
  }

  private static func specialToken(_ value: JSON) -> AddedToken? {
    if let text = value.string {
      return AddedToken(text: Array(text.utf8), id: -1, isSpecial: true)
    }
    guard var token = AddedToken(value) else { return nil }
    if value["normalized"] == nil { token.isNormalized = false }
    token.isSpecial = true
    return token
  }

  /// Adds to `vocabulary` what the files name, where it is not there yet or is another way.
  ///
  /// - Throws: `TextError`.
  func addTokens(to vocabulary: inout Vocabulary) throws {
    for (id, token) in try listedTokens() { try vocabulary.add(token, stated: id) }
    for token in specialTokens where !vocabulary.isAdded(token.text) {
      try vocabulary.add(token, stated: nil)
    }
  }

  /// The special tokens that the files name.
  private var specialTokens: [AddedToken] {
    var tokens = Self.specialKeys.compactMap { namedToken($0) }
    // Models have more of them under names of their own.
    for member in json?.object ?? [] where member.key.hasSuffix("_token") {
      guard !Self.specialKeys.contains(member.key), let text = member.value.string else { continue }
      tokens.append(AddedToken(text: Array(text.utf8), id: -1, isSpecial: true))
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      let value = map?[key] ?? json?[key]
      let more = value?.array ?? value?.object?.map(\.value) ?? []
      tokens += more.compactMap { Self.specialToken($0) }
    }
    return tokens
  }

  /// The tokens that the files list with their ids, in order of these.
  private func listedTokens() throws -> [(id: Int, token: AddedToken)] {
    var tokens: [(id: Int, token: AddedToken)] = []
    let decoder = json?["added_tokens_decoder"]?.object
    for member in decoder ?? [] {
      guard let id = Int(member.key), let token = AddedToken(member.value) else {
        throw TextError.invalid(
          source: source,
          reason: "its added_tokens_decoder has an entry `\(member.key)` that is none")
      }
      tokens.append((id, token))
    }
    let named = Set(specialTokens.map(\.text))
    let known = Dictionary(
      tokens.map { ($0.token.text, $0.id) }, uniquingKeysWith: { _, last in last })
    for member in addedTokens?.object ?? [] {
      let text = Array(member.key.utf8)
      guard let id = member.value.integer else {
        throw TextError.invalid(
          source: source, reason: "`\(member.key)` in added_tokens.json beside it has no id")
      }
      if decoder != nil {
        // transformers reads one of the two only.
        guard known[text] == id else {
          throw TextError.invalid(
            source: source,
            reason:
              "its added_tokens_decoder lacks `\(member.key)`, \(id), of added_tokens.json beside "
              + "it; remove one of them")
        }
        continue
      }
      let isSpecial = named.contains(text)
      tokens.append(
        (id, AddedToken(text: text, id: id, isNormalized: !isSpecial, isSpecial: isSpecial)))
    }
    return tokens.sorted { $0.id < $1.id }
  }
}
