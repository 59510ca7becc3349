import EPTFormat

extension TokenizerConfiguration {
  /// Changes what `tokenizer.json` says as the tokenizer's class does.
  ///
  /// - Throws: `TextError` for tokens that cannot be added, and where the files contradict each other
  ///   in what versions of transformers read differently.
  func apply(to parts: inout TokenizerParts) throws {
    if family.usesBertNormalizer {
      parts.normalizer = try parts.normalizer.map { step in
        guard case .bert(let settings) = step else { return step }
        return .bert(try bertSettings(cleansText: settings.cleansText))
      }
    }
    try applyPrefixSpace(to: &parts)
    if family == .debertaV2 { try checkDeberta(parts) }
    try addTokens(to: &parts.vocabulary)
    if family.usesBertNormalizer || family == .roberta { try checkSpecialTokens(parts) }
  }

  /// Versions of transformers differ on whose tokens count where the two files name others.
  private func checkSpecialTokens(_ parts: TokenizerParts) throws {
    func check(_ key: String, _ id: Int?) throws {
      guard let token = namedToken(key), let id, parts.vocabulary.id(token.text) != id else {
        return
      }
      throw TextError.invalid(
        source: parts.source,
        reason:
          "the \(key) `\(String(decoding: token.text, as: UTF8.self))` of the files beside it is not "
          + "the one here; make them agree")
    }
    if case .wordPiece(let model) = parts.model { try check("unk_token", model.unknown) }
    if case .token(let first) = parts.template.single.first?.content {
      try check("cls_token", Int(first))
    }
    if case .token(let last) = parts.template.single.last?.content {
      try check("sep_token", Int(last))
    }
  }

  private func applyPrefixSpace(to parts: inout TokenizerParts) throws {
    let given = try flag("add_prefix_space")
    let isByteLevel = parts.preTokenizer.last == .byteLevel
    let hasPrefix = parts.preTokenizer.contains {
      if case .metaspace(let metaspace) = $0 { return metaspace.prepending != .never }
      return $0 == .prefixSpace
    }
    if family.usesByteLevel, isByteLevel {
      let wanted = given ?? false
      guard wanted != hasPrefix else { return }
      parts.preTokenizer.removeAll { $0 == .prefixSpace }
      guard wanted else { return }
      // ByteLevel is the last, and may cut words itself; what cuts them before is not part of it.
      let words = try PreTokenizerStep.byteLevel(addsPrefixSpace: true, splits: true)
      let ownSteps = parts.preTokenizer.suffix(2) == words.suffix(2) ? 2 : 1
      parts.preTokenizer.insert(.prefixSpace, at: parts.preTokenizer.count - ownSteps)
      return
    }
    let hasMetaspace = parts.preTokenizer.contains {
      if case .metaspace = $0 { return true }
      return false
    }
    guard let given, isByteLevel || hasMetaspace, given != hasPrefix, family != .t5 else { return }
    throw contradiction("add_prefix_space", given, parts.source)
  }

  private func checkDeberta(_ parts: TokenizerParts) throws {
    let lowercases = parts.normalizer.contains(.lowercase)
    if let given = try flag("do_lower_case"), given != lowercases {
      throw contradiction("do_lower_case", given, parts.source)
    }
    let splits = parts.preTokenizer.contains(.split(at: UnicodeData.punctuation, .isolated))
    if let given = try flag("split_by_punct"), given != splits {
      throw contradiction("split_by_punct", given, parts.source)
    }
  }

  private func contradiction(_ key: String, _ value: Bool, _ definition: String) -> TextError {
    .invalid(
      source: definition,
      reason:
        "`\(key)` is \(value) in tokenizer_config.json beside it, but here it is not; make them agree"
    )
  }
}
