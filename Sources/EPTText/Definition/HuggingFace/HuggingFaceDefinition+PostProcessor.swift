import EPTFormat

extension HuggingFaceDefinition {
  /// The post-processor as a template.
  func template(_ processor: JSON?, pieces: [[UInt8]]) throws -> Template {
    guard let processor, processor != .null else { return .plain }
    switch processor["type"]?.string {
    case "Sequence":
      let templates = try (processor["processors"]?.array ?? []).map {
        try template($0, pieces: pieces)
      }.filter { $0 != .plain }
      guard templates.count <= 1 else {
        throw unsupported("a post-processor with two templates", "a sequence with one is")
      }
      return templates.first ?? .plain
    // It changes only where tokens are said to begin and end.
    case "ByteLevel": return .plain
    case "TemplateProcessing":
      let template = Template(
        single: try items(processor["single"], processor["special_tokens"], pieces),
        pair: try items(processor["pair"], processor["special_tokens"], pieces))
      guard template.isUsable else {
        throw invalid("its template does not name each text exactly once")
      }
      return template
    case let type? where type == "BertProcessing" || type == "RobertaProcessing":
      guard let classification = processor["cls"]?.array?.last?.integer,
        let separator = processor["sep"]?.array?.last?.integer,
        pieces.indices.contains(classification), pieces.indices.contains(separator)
      else { throw invalid("its \(type) has no usable `cls` and `sep`") }
      return type == "BertProcessing"
        ? .bert(classification: classification, separator: separator)
        : .roberta(classification: classification, separator: separator)
    case let type:
      throw unsupported(
        "the post-processor `\(type ?? "?")`",
        "null, BertProcessing, ByteLevel, RobertaProcessing, TemplateProcessing and Sequence are")
    }
  }

  private func items(_ list: JSON?, _ specials: JSON?, _ pieces: [[UInt8]]) throws
    -> [Template.Item]
  {
    try (list?.array ?? []).flatMap { entry -> [Template.Item] in
      let content = entry["Sequence"] ?? entry["SpecialToken"]
      guard let id = content?["id"]?.string,
        let tokenTypeID = content?["type_id"]?.integer,
        let tokenTypeID = UInt8(exactly: tokenTypeID)
      else { throw invalid("its template has an item without `id` or `type_id`") }
      if entry["Sequence"] != nil {
        guard id == "A" || id == "B" else { throw invalid("its template names a text `\(id)`") }
        return [Template.Item(content: id == "A" ? .first : .second, tokenTypeID: tokenTypeID)]
      }
      guard let ids = specials?[id]?["ids"]?.array else {
        throw invalid("its template uses `\(id)`, which is not among its special_tokens")
      }
      return try ids.map { value in
        guard let token = value.integer, pieces.indices.contains(token) else {
          throw invalid("the special token `\(id)` of its template is no piece")
        }
        return Template.Item(content: .token(Int32(token)), tokenTypeID: tokenTypeID)
      }
    }
  }
}
