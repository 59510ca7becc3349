import EPTFormat
import EPTTestSupport
import Testing

@testable import EPTText

/// Damaged definitions of tokenizers: each is refused by an error, or gives a tokenizer that tokenizes, in
/// little time and memory.
@Suite struct TokenizerFuzzTests {
  /// No definition may keep the compiler busy for longer, nor a text a tokenizer.
  private static let longestSeconds = 2.0
  /// Tables of all characters, which a definition of a few bytes may ask for, and the largest vocabulary that
  /// ids with gaps make.
  private static let mostMemory = 96 << 20

  enum Reader: String, CaseIterable, CustomTestStringConvertible {
    case tokenizerJSON = "tokenizer.json"
    case sentencePiece = "spiece.model"
    case vocabulary = "vocab.txt"
    case merges = "merges.txt"

    var testDescription: String { rawValue }
  }

  private static let texts = [
    "", "a good film", "Ünïcödé \u{1F600}\u{200D}\u{0301} 漢字 \u{0}\u{10FFFF}",
    String(repeating: "a", count: 200),
  ]

  private static func seeds(_ reader: Reader) throws -> [[UInt8]] {
    let names =
      switch reader {
      case .tokenizerJSON:
        [
          "tiny-wordpiece", "tiny-unigram", "tiny-roberta", "tiny-deberta", "tiny-smollm2",
          "tiny-llama2", "tiny-gemma", "tiny-modernbert", "tiny-xlmr",
        ].map { "\($0)/tokenizer.json" }
      case .sentencePiece: ["tiny-unigram/spiece.model"]
      case .vocabulary: ["tiny-wordpiece/vocab.txt"]
      case .merges: ["tiny-roberta/merges.txt"]
      }
    return try names.map { try TestPaths.read(TestPaths.fixture("tokenizers/\($0)")) }
  }

  @Test(arguments: Reader.allCases) func survivesDamage(reader: Reader) throws {
    let seeds = try Self.seeds(reader)
    try FuzzRun(reader.rawValue).damage(
      seeds, keepsLength: { $0.below(2) == 0 }, seconds: Self.longestSeconds,
      memory: Self.mostMemory,
      isAccepted: { try isAccepted($0, reader) })
  }

  /// Compiles a definition and tokenizes with what comes of it.
  ///
  /// - Throws: What is no error of these readers.
  private func isAccepted(_ bytes: [UInt8], _ reader: Reader) throws -> Bool {
    do {
      let tables = try TokenizerCompiler(parts(bytes, reader)).tables()
      let tokenizer = try TokenizerTables.open(tables)
      for text in Self.texts {
        let ids = tokenizer.encode(text, text, limit: 64).ids
        // A damaged file may name a special token by an empty text: it has an id and no piece.
        #expect(
          ids.count <= 64 && ids.allSatisfy { (0..<tokenizer.vocabularySize).contains(Int($0)) })
        if let detokenizer = tokenizer as? any Detokenizer { _ = detokenizer.text(of: ids) }
      }
      return true
    } catch let error as TextError {
      #expect(!error.description.isEmpty)
      return false
    } catch is JSONError {
      return false
    }
  }

  private func parts(_ bytes: [UInt8], _ reader: Reader) throws -> TokenizerParts {
    func configuration(_ family: String) throws -> TokenizerConfiguration {
      try TokenizerConfiguration(
        json: ["tokenizer_class": .string(family)], map: nil, addedTokens: nil, model: nil,
        source: "tokenizer_config.json")
    }
    return try bytes.withUnsafeBytes { bytes in
      switch reader {
      case .tokenizerJSON:
        return try HuggingFaceDefinition(json: JSON(parsing: bytes), source: "tokenizer.json")
          .parts()
      case .sentencePiece:
        return try SentencePieceDefinition(
          bytes: bytes, configuration: configuration("T5Tokenizer"), source: "spiece.model"
        ).parts()
      case .vocabulary:
        return try VocabularyDefinition(
          bytes: bytes, configuration: configuration("BertTokenizer"), source: "vocab.txt"
        ).parts()
      case .merges:
        let path = TestPaths.fixture("tokenizers/tiny-roberta/vocab.json")
        let vocabulary = try TestPaths.read(path).withUnsafeBytes { try JSON(parsing: $0) }
        return try MergesDefinition(
          vocabulary: vocabulary, merges: bytes, configuration: configuration("RobertaTokenizer"),
          source: "vocab.json"
        ).parts()
      }
    }
  }
}
