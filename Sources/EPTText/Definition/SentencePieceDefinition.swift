import EPTFormat

/// sentencepiece's `spiece.model` as T5 uses it: the pieces, then the extra ids in falling order.
struct SentencePieceDefinition {
  private let model: SentencePieceModel
  private let configuration: JSON?
  private let source: String

  /// T5's own number of extra ids.
  private static let usualExtraIDs = 100
  /// More than any model has.
  private static let greatestExtraIDs = 100_000

  init(bytes: UnsafeRawBufferPointer, configuration: JSON?, source: String) throws {
    model = try SentencePieceModel(bytes: bytes, source: source)
    self.configuration = configuration
    self.source = source
  }

  func parts() throws -> TokenizerParts {
    guard model.type == SentencePieceModel.unigram else {
      throw TextError.unsupported(
        source: source, what: "sentencepiece model type \(model.type)",
        hint: "type 1 (Unigram), which T5 uses, is")
    }
    let extra = configuration?["extra_ids"]?.integer ?? Self.usualExtraIDs
    guard (0...Self.greatestExtraIDs).contains(extra) else {
      throw TextError.invalid(source: source, reason: "its extra_ids \(extra) makes no sense")
    }
    guard let unknown = model.pieces.firstIndex(where: { $0.type == .unknown }) else {
      throw TextError.invalid(source: source, reason: "it has no piece for what is unknown")
    }
    guard let end = model.pieces.lastIndex(where: { $0.text == Array("</s>".utf8) }) else {
      throw TextError.invalid(source: source, reason: "it has no piece `</s>`")
    }
    let extraPieces = (0..<extra).reversed().map { Array("<extra_id_\($0)>".utf8) }
    let pieces = model.pieces.map(\.text) + extraPieces
    let special = model.pieces.indices.filter { model.pieces[$0].type != .normal }
    let added = (special + Array(model.pieces.count..<pieces.count))
      .map { AddedToken(text: pieces[$0], id: $0, isSpecial: true) }
    let steps =
      model.characterMap.isEmpty ? [] : [UnigramParts.Step.characterMap(model.characterMap)]
    return TokenizerParts(
      source: source, pieces: pieces, addedTokens: added, template: .t5(end: end),
      model: .unigram(
        UnigramParts(
          scores: model.pieces.map { Double($0.score) } + extraPieces.map { _ in 0 },
          settings: UnigramSettings(
            unknown: Int32(unknown), splitsOnWhitespace: true, metaspace: "\u{2581}",
            prepending: .always, splitsOnMetaspace: true),
          steps: steps)))
  }
}
