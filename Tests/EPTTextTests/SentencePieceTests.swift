import EPTTestSupport
import Testing

@testable import EPTText

/// sentencepiece models made by hand.
///
/// The expected ids follow from the scores.
@Suite("sentencepiece models")
struct SentencePieceTests {
  private static let pieces: [(text: String, score: Float)] = [
    ("<unk>", 0), ("<s>", 0), ("</s>", 0), ("\u{2581}", -2), ("\u{2581}good", -3), ("a", -4),
  ]

  /// A model of the pieces, of which the first stands for what is unknown.
  private func model(
    _ pieces: [(text: String, score: Float)], unknown: Int = 0, byteFallback: Bool = false
  ) -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(bytes.count)] + bytes
    }
    func score(_ value: Float) -> [UInt8] {
      [2 << 3 | 5] + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }
    let list = pieces.enumerated().flatMap { id, piece in
      field(
        1, field(1, Array(piece.text.utf8)) + score(piece.score) + [3 << 3, id == unknown ? 2 : 1])
    }
    // Unigram, byte_fallback.
    let trainer: [UInt8] = [3 << 3, 1] + (byteFallback ? [0x98, 0x02, 1] : [])
    return list + field(2, trainer)
  }

  private func open(
    _ name: String, _ bytes: [UInt8], settings: String? = nil
  ) throws -> any Tokenizer {
    try TestPaths.withTemporaryFolder { folder in
      try write(bytes, to: folder + "/" + name)
      if let settings { try write(settings, to: folder + "/tokenizer_config.json") }
      return try TokenizerTables.open(TokenizerDefinition.compile(folder: folder).tables)
    }
  }

  @Test(
    "A score that is no number is refused, with the file",
    arguments: [Float.nan, .infinity, -.infinity])
  func scores(_ score: Float) {
    var pieces = Self.pieces
    pieces[4].score = score
    #expect {
      try open("spiece.model", model(pieces))
    } throws: { error in
      "\(error)".contains("spiece.model") && "\(error)".contains("good")
    }
  }

  @Test("XLM-RoBERTa's has fairseq's ids")
  func xlmRoberta() throws {
    let tokenizer = try open(
      "sentencepiece.bpe.model", model(Self.pieces),
      settings: #"{"tokenizer_class": "XLMRobertaTokenizer"}"#)
    // <s> <pad> </s> <unk>, then the pieces from the fourth on, then <mask>.
    #expect(tokenizer.encode("good a <mask> z").ids == [0, 5, 4, 6, 7, 4, 3, 2])
    #expect(tokenizer.encode("a", "a", limit: 20).ids == [0, 4, 6, 2, 2, 4, 6, 2])
  }

  @Test("DeBERTa's mask is behind the pieces")
  func deberta() throws {
    let pieces: [(text: String, score: Float)] =
      [("[PAD]", 0), ("[CLS]", 0), ("[SEP]", 0), ("[UNK]", 0)] + Self.pieces.dropFirst(3)
    let tokenizer = try open(
      "spm.model", model(pieces, unknown: 3),
      settings: #"{"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": false}"#)
    #expect(tokenizer.encode(" good  a[MASK]").ids == [1, 5, 4, 6, 7, 2])
  }

  @Test("The bytes of what is unknown are pieces where the model says so")
  func byteFallback() throws {
    let pieces = Self.pieces + [("<0xC3>", -9), ("<0xA9>", -9)]
    let settings = #"{"extra_ids": 0}"#
    let with = try open("spiece.model", model(pieces, byteFallback: true), settings: settings)
    #expect(with.encode("\u{E9}").ids == [3, 6, 7, 2])
    // One byte has no piece, so that all are unknown.
    #expect(with.encode("\u{FC}").ids == [3, 0, 2])
    let without = try open("spiece.model", model(pieces), settings: settings)
    #expect(without.encode("\u{E9}").ids == [3, 0, 2])
  }

  @Test("A model is not read as another class's")
  func otherClass() {
    #expect(throws: TextError.self) { try open("sentencepiece.bpe.model", model(Self.pieces)) }
    #expect(throws: TextError.self) {
      try open(
        "spiece.model", model(Self.pieces), settings: #"{"tokenizer_class": "GemmaTokenizer"}"#)
    }
  }
}
