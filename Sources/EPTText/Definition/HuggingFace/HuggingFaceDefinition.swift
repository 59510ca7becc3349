import EPTFormat

/// Hugging Face's `tokenizer.json`.
///
/// Its parts are read by the extensions in the files beside this one.
struct HuggingFaceDefinition {
  let json: JSON
  let source: String

  func parts() throws -> TokenizerParts {
    guard let model = json["model"], model.object != nil else {
      throw invalid("it has no `model`")
    }
    var (vocabulary, parts) = try read(model)
    try readAddedTokens(into: &vocabulary)
    return TokenizerParts(
      source: source, vocabulary: vocabulary, normalizer: try normalizer(json["normalizer"]),
      preTokenizer: try preTokenizer(json["pre_tokenizer"]), model: parts,
      template: try template(json["post_processor"], pieces: vocabulary.pieces))
  }

  func invalid(_ reason: String) -> TextError {
    .invalid(source: source, reason: reason)
  }

  func unsupported(_ what: String, _ hint: String) -> TextError {
    .unsupported(source: source, what: what, hint: hint)
  }

  /// A pattern, which is a text or a regular expression.
  func pattern(_ json: JSON?, of owner: String) throws -> PatternNode {
    if let text = json?["String"]?.string, !text.isEmpty { return PatternSyntax.literal(text) }
    guard let expression = json?["Regex"]?.string else {
      throw invalid("the pattern of a \(owner) is neither a String nor a Regex")
    }
    do {
      return try PatternSyntax.read(expression)
    } catch let fault as PatternSyntax.Fault {
      throw unsupported(
        "the expression `\(expression)` of a \(owner), for \(fault.reason),",
        "classes, groups, alternatives and greedy repetition are")
    }
  }

  private func readAddedTokens(into vocabulary: inout Vocabulary) throws {
    for entry in json["added_tokens"]?.array ?? [] {
      guard let token = AddedToken(entry), let id = entry["id"]?.integer,
        (0...Self.greatestID).contains(id)
      else { throw invalid("one of its `added_tokens` has no `content` or no usable `id`") }
      try vocabulary.add(token, stated: id)
    }
  }

  /// Ids beyond this are not plausible, and every id costs memory.
  static let greatestID = 1 << 24
}

extension AddedToken {
  /// A token as Hugging Face's files spell it; nil without its text.
  init?(_ json: JSON) {
    guard let content = json["content"]?.string else { return nil }
    let isSpecial = json["special"]?.bool ?? false
    self.init(
      text: Array(content.utf8), id: -1, stripsLeft: json["lstrip"]?.bool ?? false,
      stripsRight: json["rstrip"]?.bool ?? false, isWord: json["single_word"]?.bool ?? false,
      isNormalized: json["normalized"]?.bool ?? !isSpecial, isSpecial: isSpecial)
  }
}
