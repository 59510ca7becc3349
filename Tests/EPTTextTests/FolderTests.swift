import EPTTestSupport
import Testing

@testable import EPTText

/// What a folder says in several files.
///
/// The ids are what `transformers` 5.24 gives.
@Suite("A tokenizer's other files")
struct FolderTests {
  private static let pieces = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "a", "g", "o", "d", "##d",
  ]
  private static let vocabulary = pieces.joined(separator: "\n") + "\n"

  /// A BERT's `tokenizer.json`.
  private static func json(
    lowercase: Bool = true, added: String = "", normalizer: String? = nil
  ) -> String {
    let vocabulary = pieces.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
    let special = pieces.prefix(5).enumerated().map {
      #"{"id": \#($0), "content": "\#($1)", "normalized": false, "special": true}"#
    }
    let tokens = (special + (added.isEmpty ? [] : [added])).joined(separator: ", ")
    let bert =
      normalizer
      ?? #"{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": \#(lowercase)}"#
    return """
      {"added_tokens": [\(tokens)], "normalizer": \(bert),
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {\(vocabulary)}}}
      """
  }

  private func compile(_ files: [String: String]) throws -> CompiledTokenizer {
    try TestPaths.withTemporaryFolder { folder in
      for (name, text) in files { try write(text, to: folder + "/" + name) }
      return try TokenizerDefinition.compile(folder: folder)
    }
  }

  private func ids(_ files: [String: String], _ text: String) throws -> [Int32] {
    try TokenizerTables.open(compile(files).tables).encode(text).ids
  }

  private func expectRefused(_ files: [String: String], _ words: String) {
    #expect {
      try compile(files)
    } throws: { error in
      error is TextError && "\(error)".contains(words)
    }
  }

  @Test("A tokenizer.json of 200 000 short pieces is read, with and without blanks")
  func largeVocabulary() throws {
    for blank in ["", " "] {
      let pieces = (5..<200_000).map { "\"x\($0)\":\(blank)\($0)" }
      let vocabulary =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].enumerated()
        .map { "\"\($1)\":\(blank)\($0)" } + pieces
      let json = """
        {"pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
         "model": {"type": "WordPiece", "unk_token": "[UNK]",
         "vocab": {\(vocabulary.joined(separator: ",\(blank)"))}}}
        """
      #expect(try ids(["tokenizer.json": json], "x7 x199999 y") == [2, 7, 199_999, 1, 3])
    }
  }

  @Test("added_tokens_decoder adds tokens to vocab.txt")
  func decoder() throws {
    let files = [
      "vocab.txt": Self.vocabulary, "added_tokens.json": #"{"covid": 13, "[E1]": 14}"#,
      "tokenizer_config.json":
        #"""
      {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "added_tokens_decoder": {
       "13": {"content": "covid", "special": false, "normalized": true},
       "14": {"content": "[E1]", "special": true}}}
      """#,
    ]
    #expect(try ids(files, "a Covid film [E1]") == [2, 8, 13, 7, 14, 3])
    #expect(try ids(files, "a zzzzz film [e1]") == [2, 8, 1, 7, 1, 1, 1, 3])
    #expect(
      try compile(files).sourceFiles == ["vocab.txt", "tokenizer_config.json", "added_tokens.json"])
  }

  @Test(
    "added_tokens.json adds tokens where no decoder is", arguments: ["vocab.txt", "tokenizer.json"])
  func addedTokens(_ definition: String) throws {
    let files = [
      definition: definition == "vocab.txt" ? Self.vocabulary : Self.json(),
      "added_tokens.json": #"{"covid": 13, "[E1]": 14}"#,
      "special_tokens_map.json": #"{"additional_special_tokens": ["[E1]"]}"#,
      "tokenizer_config.json": #"{"tokenizer_class": "BertTokenizer"}"#,
    ]
    #expect(try ids(files, "a Covid film [E1]") == [2, 8, 13, 7, 14, 3])
  }

  @Test("Tokens that only added_tokens.json has are not dropped")
  func contradictingTokens() {
    expectRefused(
      [
        "tokenizer.json": Self.json(), "added_tokens.json": #"{"covid": 13}"#,
        "tokenizer_config.json":
          #"{"added_tokens_decoder": {"0": {"content": "[PAD]", "special": true}}}"#,
      ], "added_tokens.json")
    expectRefused(
      ["tokenizer.json": Self.json(), "added_tokens.json": #"{"covid": 15}"#], "covid")
  }

  @Test("A decoder changes what tokenizer.json says of a token")
  func decoderOverrides() throws {
    let added = #"{"id": 13, "content": "covid", "normalized": false, "special": false}"#
    let decoder = #"{"added_tokens_decoder": {"13": {"content": "covid", "normalized": true}}}"#
    let definition = Self.json(added: added)
    #expect(try ids(["tokenizer.json": definition], "Covid") == [2, 1, 3])
    let files = ["tokenizer.json": definition, "tokenizer_config.json": decoder]
    #expect(try ids(files, "Covid") == [2, 13, 3])
  }

  @Test("do_lower_case overrides tokenizer.json for BERT's classes", arguments: [true, false])
  func lowercase(_ isLower: Bool) throws {
    let class4 = #"{"tokenizer_class": "BertTokenizer", "do_lower_case": \#(isLower)}"#
    let class5 = #"{"tokenizer_class": "TokenizersBackend", "do_lower_case": \#(isLower)}"#
    let definition = Self.json(lowercase: !isLower)
    let given = try ids(
      ["tokenizer.json": definition, "tokenizer_config.json": class4], "FILM")
    #expect(given == (isLower ? [2, 7, 3] : [2, 1, 3]))
    // A class that builds nothing itself reads tokenizer.json alone.
    let plain = try ids(
      ["tokenizer.json": definition, "tokenizer_config.json": class5], "FILM")
    #expect(plain == (isLower ? [2, 1, 3] : [2, 7, 3]))
  }

  @Test("strip_accents overrides tokenizer.json")
  func accents() throws {
    let settings = #"{"tokenizer_class": "BertTokenizerFast", "strip_accents": false}"#
    let files = ["tokenizer.json": Self.json(), "tokenizer_config.json": settings]
    #expect(try ids(files, "f\u{EC}lm") == [2, 1, 3])
    #expect(try ids(["tokenizer.json": Self.json()], "f\u{EC}lm") == [2, 7, 3])
  }

  @Test("A class that eptc does not know is refused")
  func tokenizerClass() {
    let japanese = #"{"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"}"#
    for definition in ["vocab.txt": Self.vocabulary, "tokenizer.json": Self.json()] {
      expectRefused(
        [definition.key: definition.value, "tokenizer_config.json": japanese],
        "BertJapaneseTokenizer")
    }
    expectRefused(
      ["vocab.txt": Self.vocabulary, "config.json": #"{"tokenizer_class": "PhobertTokenizer"}"#],
      "PhobertTokenizer")
    expectRefused(
      [
        "tokenizer.json": Self.json(),
        "tokenizer_config.json": #"{"auto_map": {"AutoTokenizer": ["x", null]}}"#,
      ],
      "auto_map")
  }

  @Test("An added token that is normalized is found in normalized text")
  func normalized() throws {
    let added = #"{"id": 13, "content": "Covid", "normalized": true, "special": false}"#
    let files = ["tokenizer.json": Self.json(added: added)]
    #expect(try ids(files, "COVID covid") == [2, 13, 13, 3])
    #expect(try ids(files, "a f\u{EC}lm") == [2, 8, 7, 3])
    #expect(try ids(files, "acovid\u{4E2D}COVI\u{301}D film") == [2, 8, 13, 1, 13, 7, 3])
  }

  @Test("An added token is no WordPiece")
  func noWordPiece() throws {
    let added = #"{"id": 13, "content": "covid", "normalized": false, "special": true}"#
    let files = ["tokenizer.json": Self.json(added: added)]
    #expect(try ids(files, "a covid film") == [2, 8, 13, 7, 3])
    #expect(try ids(files, "a Covid film") == [2, 8, 1, 7, 3])
    #expect(try ids(files, "a dCovid film") == [2, 8, 1, 7, 3])
  }

  @Test("A token that is a word is found only as one")
  func singleWord() throws {
    let added =
      #"{"id": 13, "content": "co", "normalized": false, "special": false, "single_word": true}"#
    let files = ["tokenizer.json": Self.json(added: added)]
    #expect(try ids(files, "co, co") == [2, 13, 1, 13, 3])
    #expect(try ids(files, "cod aco co\u{E9} co_") == [2, 1, 1, 1, 1, 1, 3])
  }

  @Test("special_tokens_map.json names the special tokens of vocab.txt")
  func specialTokensMap() throws {
    let vocabulary = Self.vocabulary.replacing("[CLS]", with: "<s>").replacing(
      "[SEP]", with: "</s>")
    let files = [
      "vocab.txt": vocabulary,
      "special_tokens_map.json": #"{"cls_token": "<s>", "sep_token": {"content": "</s>"}}"#,
    ]
    #expect(try ids(files, "</s> film") == [2, 3, 7, 3])
  }

  @Test("A vocab.txt without [MASK] gets one")
  func missingMask() throws {
    let files = ["vocab.txt": Self.vocabulary.replacing("[MASK]", with: "x")]
    #expect(try ids(files, "x [MASK]") == [2, 4, 13, 3])
  }

  @Test("MPNet's vocab.txt has RoBERTa's special tokens")
  func mpnet() throws {
    let vocabulary = "<s>\n<pad>\n</s>\n[UNK]\n<mask>\ngood\nfilm\n"
    let settings = #"{"tokenizer_class": "MPNetTokenizer"}"#
    let compiled = try compile(["vocab.txt": vocabulary, "tokenizer_config.json": settings])
    let tokenizer = try TokenizerTables.open(compiled.tables)
    #expect(tokenizer.encode("good <mask> film").ids == [0, 5, 4, 6, 2])
    #expect(tokenizer.encode("good", "film", limit: 10).ids == [0, 5, 2, 2, 6, 2])
  }

  @Test("RoBERTa's add_prefix_space overrides tokenizer.json")
  func prefixSpace() throws {
    func definition(_ adds: Bool) -> String {
      #"""
      {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": \#(adds), "use_regex": true},
       "model": {"type": "BPE", "vocab": {"a": 0, "\u0120": 1, "\u0120a": 2}, "merges": ["\u0120 a"]}}
      """#
    }
    let roberta = #"{"tokenizer_class": "RobertaTokenizer", "add_prefix_space": true}"#
    let usual = #"{"tokenizer_class": "RobertaTokenizer"}"#
    let plain = #"{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true}"#
    func given(_ adds: Bool, _ settings: String) throws -> [Int32] {
      try ids(["tokenizer.json": definition(adds), "tokenizer_config.json": settings], "a a")
        .filter { $0 < 3 }
    }
    #expect(try given(false, roberta) == [2, 2])
    #expect(try given(true, usual) == [0, 2])
    #expect(try given(true, plain) == [2, 2])
    expectRefused(
      ["tokenizer.json": definition(false), "tokenizer_config.json": plain], "add_prefix_space")
  }

  @Test("A vocab.json needs its merges.txt and a class")
  func merges() throws {
    let vocabulary = #"{"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4}"#
    #expect(throws: (any Error).self) { try compile(["vocab.json": vocabulary]) }
    let files = ["vocab.json": vocabulary, "merges.txt": "#version: 0.2\na b\n"]
    expectRefused(files, "vocab.json")
    let roberta = files.merging(["config.json": #"{"model_type": "roberta"}"#]) { $1 }
    #expect(try ids(roberta, "ab<s>b") == [0, 4, 0, 3, 1])
    expectRefused(roberta.merging(["merges.txt": "a b c\n"]) { $1 }, "merges.txt")
  }

  @Test("A normalizer that lengthens texts without bound is refused, with its file")
  func growth() throws {
    func definition(_ count: Int) -> String {
      let step = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
      let steps = Array(repeating: step, count: count).joined(separator: ", ")
      return #"""
        {"normalizer": {"type": "Sequence", "normalizers": [\#(steps)]},
         "pre_tokenizer": {"type": "Metaspace"},
         "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1]]}}
        """#
    }
    #expect(try ids(["tokenizer.json": definition(8)], "a").count == 257)
    expectRefused(["tokenizer.json": definition(24)], "tokenizer.json")
  }

  @Test("A class without a vocabulary is refused for what it is, not for a file that it has not")
  func bytesForTokens() {
    expectRefused(
      ["tokenizer_config.json": #"{"tokenizer_class": "ByT5Tokenizer"}"#], "whose tokens are bytes")
    expectRefused(
      ["config.json": #"{"tokenizer_class": "ByT5Tokenizer"}"#], "whose tokens are bytes")
    expectRefused(
      ["tokenizer_config.json": #"{"tokenizer_class": "CanineTokenizer"}"#], "`CanineTokenizer`")
  }
}
