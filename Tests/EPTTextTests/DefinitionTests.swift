import EPTFormat
import EPTSystem
import EPTTestSupport
import Testing

@testable import EPTText

@Suite("Reading a tokenizer's definition")
struct DefinitionTests {
  /// Compiles the tokenizer that `files` define.
  private func compile(_ files: [(name: String, bytes: [UInt8])]) throws -> CompiledTokenizer {
    try TestPaths.withTemporaryFolder { folder in
      for file in files { try write(file.bytes, to: folder + "/" + file.name) }
      return try TokenizerDefinition.compile(folder: folder)
    }
  }

  private func compile(json: String) throws -> CompiledTokenizer {
    try compile([("tokenizer.json", Array(json.utf8))])
  }

  private func bytes(_ fixture: String) throws -> [UInt8] {
    try read(TestPaths.fixture("tokenizers/\(fixture)"))
  }

  /// A Unigram definition.
  private func unigram(
    vocabulary: String = #"["<unk>", 0], ["▁", -2], ["a", -3.5], ["▁a", -3], ["b", -4]"#,
    model: String = "", normalizer: String = "null",
    words: String = #"{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}"#,
    processor: String = "null", added: String = ""
  ) -> String {
    """
    {"added_tokens": [\(added)], "normalizer": \(normalizer), "pre_tokenizer": \(words),
     "post_processor": \(processor),
     "model": {"type": "Unigram", "unk_id": 0, \(model)"vocab": [\(vocabulary)]}}
    """
  }

  /// A WordPiece definition.
  private func wordPiece(
    vocabulary: String = ###""[UNK]": 0, "a": 1, "##b": 2"###, model: String = "",
    normalizer: String = #"{"type": "BertNormalizer"}"#,
    words: String = #"{"type": "BertPreTokenizer"}"#, added: String = ""
  ) -> String {
    """
    {"added_tokens": [\(added)], "normalizer": \(normalizer), "pre_tokenizer": \(words),
     "model": {"type": "WordPiece", "unk_token": "[UNK]", \(model)"vocab": {\(vocabulary)}}}
    """
  }

  @Test("A Unigram model without normalizer cuts words by hand-made scores")
  func plainUnigram() throws {
    let tokenizer = try TokenizerTables.open(compile(json: unigram()).tables)
    // "▁a" (-3) beats "▁" + "a" (-5.5); "x" is unknown, its neighbour "y" joins it.
    #expect(tokenizer.tokens(of: "a ab xyb") == [3, 3, 4, 1, 0, 4])
    #expect(tokenizer.vocabularySize == 5)
    #expect(tokenizer.piece(3) == "▁a")
    #expect(tokenizer.piece(5) == nil)
    #expect(tokenizer.piece(-1) == nil)
  }

  @Test("Frequent Unigram pieces come by falling score, without special ones")
  func frequentUnigram() throws {
    let added = #"{"id": 4, "content": "b", "special": true}"#
    let tokenizer = try TokenizerTables.open(compile(json: unigram(added: added)).tables)
    #expect(tokenizer.frequentTokens(limit: 10) == [1, 3, 2])
    #expect(tokenizer.frequentTokens(limit: 2) == [1, 3])
    #expect(tokenizer.frequentTokens(limit: -1).isEmpty)
  }

  @Test("Frequent WordPiece pieces come in the vocabulary's order, single characters last")
  func frequentWordPiece() throws {
    let vocabulary = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "[unused1]", "a", "the", "##s"]
    let text = vocabulary.joined(separator: "\n")
    let tokenizer = try TokenizerTables.open(compile([("vocab.txt", Array(text.utf8))]).tables)
    #expect(tokenizer.frequentTokens(limit: 10) == [7, 8, 6])
  }

  @Test("Special tokens of the template are no frequent pieces")
  func frequentWithoutAddedTokens() throws {
    let processor = #"{"type": "BertProcessing", "cls": ["a", 2], "sep": ["b", 4]}"#
    let tokenizer = try TokenizerTables.open(compile(json: unigram(processor: processor)).tables)
    #expect(tokenizer.frequentTokens(limit: 10) == [1, 3])
  }

  @Test("Pieces that are canonically equivalent, yet different, stay apart")
  func canonicalEquivalence() throws {
    let vocabulary = #""[UNK]": 0, "\u00e9": 1, "e\u0301": 2"#
    let json = wordPiece(vocabulary: vocabulary, normalizer: "null")
    let tokenizer = try TokenizerTables.open(compile(json: json).tables)
    #expect(tokenizer.tokens(of: "\u{E9} e\u{301}") == [1, 2])
  }

  @Test("Added tokens take ids behind the vocabulary and white space beside them")
  func addedTokens() throws {
    let added = #"{"id": 5, "content": "<x>", "lstrip": true, "rstrip": true, "special": true}"#
    let json = unigram(
      words: #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#, added: added)
    let tokenizer = try TokenizerTables.open(compile(json: json).tables)
    #expect(tokenizer.vocabularySize == 6)
    #expect(tokenizer.tokens(of: "a \u{A0} <x>  b<x>") == [3, 5, 4, 5])
    #expect(tokenizer.piece(5) == "<x>")
  }

  @Test("Settings for truncation and padding are ignored")
  func ignoresTruncation() throws {
    let settings = #"{"truncation": {"max_length": 1}, "padding": {"strategy": {"Fixed": 9}}, "#
    let plain = wordPiece()
    #expect(try compile(json: settings + plain.dropFirst()) == compile(json: plain))
  }

  @Test("Equal definitions give equal bytes", arguments: ["tiny-unigram", "tiny-wordpiece"])
  func deterministic(_ name: String) throws {
    let definition = try [(name: "tokenizer.json", bytes: bytes("\(name)/tokenizer.json"))]
    #expect(try compile(definition) == compile(definition))
  }

  @Test("The first of the known files is read")
  func order() throws {
    let json = Array(wordPiece().utf8)
    let vocabulary = try bytes("tiny-wordpiece/vocab.txt")
    let both = try compile([("vocab.txt", vocabulary), ("tokenizer.json", json)])
    #expect(both.sourceFiles == ["tokenizer.json"])
    let cased = try compile([
      ("vocab.txt", vocabulary),
      ("tokenizer_config.json", Array(#"{"do_lower_case": false}"#.utf8)),
    ])
    #expect(cased.sourceFiles == ["vocab.txt", "tokenizer_config.json"])
    #expect(
      try TokenizerTables.open(cased.tables).tokens(of: "THE")
        != TokenizerTables.open(compile([("vocab.txt", vocabulary)]).tables).tokens(of: "THE"))
  }

  @Test("A folder without tokenizer is named")
  func missing() throws {
    #expect(throws: SystemError.self) { try compile([]) }
  }

  @Test("What is not supported is said, with what is")
  func unsupported() throws {
    let definitions = [
      #"{"model": {"type": "WordLevel", "vocab": {}}}"#,
      #"{"model": {"type": "BPE", "dropout": 0.1, "vocab": {"a": 0}, "merges": []}}"#,
      #"{"model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": {"a": 0}, "merges": []}}"#,
      unigram(normalizer: #"{"type": "NFKC"}"#),
      unigram(normalizer: #"{"type": "Replace", "pattern": {"Regex": "a+?"}, "content": ""}"#),
      unigram(normalizer: #"{"type": "Replace", "pattern": {"Regex": "a*"}, "content": ""}"#),
      unigram(words: #"{"type": "UnicodeScripts"}"#),
      unigram(words: "null"),
      unigram(processor: #"{"type": "CharDelimiter"}"#),
      unigram(vocabulary: #"["<unk>", 0], ["a\u0000", -1]"#),
      wordPiece(words: #"{"type": "ByteLevel"}"#),
    ]
    for json in definitions {
      #expect {
        try compile(json: json)
      } throws: { error in
        guard case TextError.unsupported(let source, _, let hint) = error else { return false }
        return source.hasSuffix("tokenizer.json") && !hint.isEmpty
      }
    }
  }

  @Test("What contradicts itself is refused")
  func invalid() throws {
    let processor =
      #"{"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}"#
    let definitions = [
      "{}", "[]", "{", "", #"{"model": {"type": "Unigram", "vocab": []}}"#,
      unigram(vocabulary: #"["a"]"#), unigram(vocabulary: #"[1, 2]"#),
      unigram(model: #""x": 1}, "model": {"#), unigram(processor: processor),
      unigram(normalizer: #"{"type": "Precompiled", "precompiled_charsmap": "?"}"#),
      unigram(normalizer: #"{"type": "Precompiled", "precompiled_charsmap": "////fwAA"}"#),
      unigram(words: #"{"type": "Metaspace", "replacement": "ab"}"#),
      unigram(added: #"{"id": 1, "content": "x"}"#), unigram(added: #"{"id": -1, "content": "x"}"#),
      unigram(added: #"{"content": "x"}"#), wordPiece(vocabulary: #""a": 0"#),
      wordPiece(vocabulary: #""[UNK]": -1"#), wordPiece(vocabulary: #""[UNK]": 99999999999"#),
      wordPiece(model: #""max_input_chars_per_word": 0, "#),
      wordPiece(vocabulary: #""[UNK]": "x""#),
      wordPiece(vocabulary: #""[UNK]": 0, "a": 0"#),
      wordPiece(added: #"{"id": 4, "content": "x"}"#),
      unigram(processor: #"{"type": "RobertaProcessing"}"#),
      #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}}"#,
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}"#,
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "x"}}"#,
    ]
    for json in definitions {
      #expect {
        try compile(json: json)
      } throws: { error in
        guard case TextError.invalid = error else { return false }
        return true
      }
    }
  }

  @Test("A damaged spiece.model is refused or read, never a trap")
  func damagedSentencePiece() throws {
    let whole = try bytes("tiny-unigram/spiece.model")
    var generator = SplitMix(state: 3)
    for round in 0..<60 {
      var damaged = whole
      if round % 2 == 0 {
        damaged.removeLast(1 + generator.below(whole.count))
      } else {
        for _ in 0..<4 { damaged[generator.below(whole.count)] = UInt8(generator.below(256)) }
      }
      guard let tables = try? compile([("spiece.model", damaged)]).tables else { continue }
      _ = try TokenizerTables.open(tables).encode("a text </s> to \u{FB01}nd")
    }
    #expect(throws: TextError.self) { try compile([("spiece.model", Array("[PAD]".utf8))]) }
  }

  @Test("Scores are read as the reference reads them")
  func scores() {
    // The two tokenizer.json spellings of T5's score of "▁": to the reference they are one number.
    #expect(
      ReferenceNumber.read(-2.0122928619384766) == ReferenceNumber.read(-2.012292861938477))
    #expect(ReferenceNumber.read(-1e-05) == -0.00001)
    #expect(ReferenceNumber.read(0) == 0)
    #expect(ReferenceNumber.read(-12) == -12)
    #expect(ReferenceNumber.read(1e300) == 1e300)
    #expect(ReferenceNumber.read(.leastNonzeroMagnitude).isFinite)
  }
}
