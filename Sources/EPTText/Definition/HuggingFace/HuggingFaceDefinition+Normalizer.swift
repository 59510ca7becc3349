import EPTFormat

extension HuggingFaceDefinition {
  /// The normalizer as steps.
  func normalizer(_ normalizer: JSON?) throws -> [NormalizerStep] {
    guard let normalizer, normalizer != .null else { return [] }
    switch normalizer["type"]?.string {
    case "Sequence":
      let steps = try (normalizer["normalizers"]?.array ?? []).flatMap {
        try self.normalizer($0)
      }
      let maps = steps.count { if case .characterMap = $0 { true } else { false } }
      guard maps <= 1 else {
        throw unsupported("more than one Precompiled normalizer", "a sequence with one is")
      }
      return steps
    case "Precompiled":
      guard let text = normalizer["precompiled_charsmap"]?.string,
        let blob = Base64.decode(text)
      else { throw invalid("its `precompiled_charsmap` is not base64") }
      return blob.isEmpty ? [] : [.characterMap(blob)]
    case "Strip":
      return [
        .strip(
          left: normalizer["strip_left"]?.bool ?? true,
          right: normalizer["strip_right"]?.bool ?? true)
      ]
    case "Replace": return [try replacement(normalizer)]
    case "Prepend":
      return [.prepend(Array((normalizer["prepend"]?.string ?? "").utf8))]
    case "NFC": return [.canonical(composes: true)]
    case "NFD": return [.canonical(composes: false)]
    case "Lowercase": return [.lowercase]
    case "StripAccents": return [.stripAccents]
    case "BertNormalizer":
      let lowercases = normalizer["lowercase"]?.bool ?? true
      return [
        .bert(
          CharacterCodeBuilder.Settings(
            cleansText: normalizer["clean_text"]?.bool ?? true,
            isolatesChinese: normalizer["handle_chinese_chars"]?.bool ?? true,
            stripsAccents: normalizer["strip_accents"]?.bool ?? lowercases,
            lowercases: lowercases))
      ]
    case let type:
      throw unsupported(
        "the normalizer `\(type ?? "?")`",
        "null, BertNormalizer, Lowercase, NFC, NFD, Precompiled, Prepend, Replace, Strip, "
          + "StripAccents and Sequence are")
    }
  }

  private func replacement(_ normalizer: JSON) throws -> NormalizerStep {
    guard let content = normalizer["content"]?.string.map({ Array($0.utf8) }) else {
      throw invalid("a Replace normalizer has no `content`")
    }
    let pattern = normalizer["pattern"]
    if let text = pattern?["String"]?.string, !text.isEmpty {
      return .replace(pattern: Array(text.utf8), content: content)
    }
    if pattern?["Regex"]?.string == " {2,}" { return .replaceSpaces(content: content) }
    return .replaceMatches(try self.pattern(pattern, of: "Replace"), content: content)
  }
}
