import EPTFormat
import EPTTestSupport
import Testing

@testable import EPTText

/// A tokenizer in one of the forms it comes in, and the golden file it must equal.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
  var golden: String
  var files: [String]

  var testDescription: String { "\(golden)/\(files[0])" }

  private var folder: String {
    if golden.hasPrefix("tiny") { return TestPaths.fixture("tokenizers/\(golden)") }
    return TestPaths.shared("models/\(golden.hasPrefix("t5") ? "t5-tokenizer" : golden)")
  }

  /// The tables of the tokenizer that only these files define.
  func tables() throws -> [UInt8] {
    try TestPaths.withTemporaryFolder { scratch in
      for name in files {
        try write(read(folder + "/" + name), to: scratch + "/" + name)
      }
      let compiled = try TokenizerDefinition.compile(folder: scratch)
      #expect(compiled.sourceFiles == files)
      return compiled.tables
    }
  }

  static let tiny = [
    ReferenceCase(golden: "tiny-unigram", files: ["tokenizer.json"]),
    ReferenceCase(golden: "tiny-unigram", files: ["spiece.model", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-wordpiece", files: ["tokenizer.json"]),
    ReferenceCase(golden: "tiny-wordpiece", files: ["vocab.txt"]),
    ReferenceCase(golden: "tiny-roberta", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(
      golden: "tiny-roberta", files: ["vocab.json", "merges.txt", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-modernbert", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-llama3", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-smollm2", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-gemma", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-llama2", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-xlmr", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-deberta", files: ["tokenizer.json", "tokenizer_config.json"]),
    ReferenceCase(golden: "tiny-bytes", files: ["tokenizer.json"]),
  ]

  static let real = [
    ReferenceCase(golden: "t5-tokenizer", files: ["tokenizer.json"]),
    ReferenceCase(golden: "t5-spiece", files: ["spiece.model"]),
    ReferenceCase(golden: "all-minilm-l6-v2", files: ["tokenizer.json"]),
    ReferenceCase(
      golden: "all-minilm-l6-v2", files: ["vocab.txt", "tokenizer_config.json"]),
  ]

  static var available: [ReferenceCase] { tiny + (TestPaths.hasShared ? real : []) }

  /// Those whose golden files hold what the models get.
  static var withWords: [ReferenceCase] {
    tiny.prefix(4) + (TestPaths.hasShared ? real : [])
  }
}

@Suite("Equality with the reference tokenizers")
struct ReferenceTests {
  @Test("Sentences give the same ids", arguments: ReferenceCase.available)
  func sentences(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    let expected = try Golden(reference.golden).ids("sentences")
    let texts = try Texts.sentences()
    #expect(texts.count == expected.count)
    for (text, ids) in zip(texts, expected) {
      #expect(Golden.IDs(tokenizer.encode(text).ids) == ids, "\(text)")
    }
  }

  @Test("Hostile texts give the same ids", arguments: ReferenceCase.available)
  func hostile(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    let expected = try Golden(reference.golden).ids("hostile")
    let texts = try Texts.hostile()
    #expect(texts.count == expected.count)
    for (number, text) in texts.enumerated() where number < expected.count {
      #expect(
        Golden.IDs(tokenizer.encode(text).ids) == expected[number], "line \(number + 1)")
    }
  }

  @Test("Every Unicode scalar gives the same ids", arguments: ReferenceCase.available)
  func scalars(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    let golden = try Golden(reference.golden)
    guard golden.has("scalars") else {
      var hashes = BlockHashes(size: 64)
      Texts.scalarRuns { hashes.add(tokenizer.encode($0).ids) }
      try expectEqual(hashes.all(), golden.blocks("scalarRuns"), "scalars")
      return
    }
    var hashes = BlockHashes(size: 4096)
    Texts.scalars { hashes.add(tokenizer.encode($0).ids) }
    try expectEqual(hashes.all(), golden.blocks("scalars"), "scalars")
  }

  @Test("Random texts give the same ids", arguments: ReferenceCase.available)
  func random(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    var hashes = BlockHashes(size: 1000)
    for text in Texts.random(count: 20_000) { hashes.add(tokenizer.encode(text).ids) }
    try expectEqual(hashes.all(), Golden(reference.golden).blocks("random"), "random texts")
  }

  @Test("Ties are broken alike", arguments: ReferenceCase.available)
  func repeated(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    var hashes = BlockHashes(size: 1000)
    for text in Texts.repeated() { hashes.add(tokenizer.encode(text).ids) }
    try expectEqual(hashes.all(), Golden(reference.golden).blocks("repeated"), "repeated texts")
  }

  @Test("Models get the same words of scalars and random texts", arguments: ReferenceCase.withWords)
  func words(_ reference: ReferenceCase) throws {
    let words = try WordsOfTables(reference.tables())
    var scalars = BlockHashes(size: 4096)
    Texts.scalars { scalars.add(scalars: words.of($0)) }
    try expectEqual(scalars.all(), Golden(reference.golden).blocks("scalarWords"), "scalars")
    var random = BlockHashes(size: 1000)
    for text in Texts.random(count: 20_000) { random.add(scalars: words.of(text)) }
    try expectEqual(random.all(), Golden(reference.golden).blocks("randomWords"), "random texts")
  }

  @Test("Pairs of sentences are cut alike", arguments: ReferenceCase.available)
  func pairs(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    let sentences = try Texts.sentences()
    var hashes = BlockHashes(size: 1000)
    for limit in 4..<40 {
      for (first, second) in zip(sentences, sentences.reversed()) {
        let encoded = tokenizer.encode(first, second, limit: limit)
        hashes.add(encoded.ids, tokenTypeIDs: encoded.tokenTypeIDs)
      }
    }
    try expectEqual(hashes.all(), Golden(reference.golden).blocks("sentencePairs"), "pairs")
  }

  @Test(
    "Every field of the data sets gives the same ids",
    .enabled(if: TestPaths.hasShared, "needs ../shared"), arguments: ReferenceCase.real)
  func dataSets(_ reference: ReferenceCase) throws {
    let tokenizer = try TokenizerTables.open(reference.tables())
    for (name, blocks) in try Golden(reference.golden).files("files") {
      var hashes = BlockHashes(size: 1000)
      for row in try Texts.rows(TestPaths.shared("data/\(name)")) {
        for field in row { hashes.add(tokenizer.encode(field).ids) }
      }
      expectEqual(hashes.all(), blocks, name)
    }
  }

  @Test(
    "Pairs of the data sets are cut alike",
    .enabled(if: TestPaths.hasShared, "needs ../shared"), arguments: ReferenceCase.real)
  func dataPairs(_ reference: ReferenceCase) throws {
    let columns = [
      "QQP/train.tsv": (3, 4), "MRPC/train.tsv": (3, 4), "RTE/train.tsv": (1, 2),
      "QNLI/dev.tsv": (1, 2), "MNLI/dev_matched.tsv": (8, 9), "STS-B/train.tsv": (7, 8),
      "BoolQ/val.jsonl": (0, 1), "CB/train.jsonl": (0, 1),
    ]
    let tokenizer = try TokenizerTables.open(reference.tables())
    for (name, blocks) in try Golden(reference.golden).files("pairs") {
      let (first, second) = try #require(columns[name])
      var hashes = BlockHashes(size: 1000)
      for (number, row) in try Texts.rows(TestPaths.shared("data/\(name)")).enumerated()
      where row.count > max(first, second) {
        let encoded = tokenizer.encode(row[first], row[second], limit: 4 + number % 80)
        hashes.add(encoded.ids, tokenTypeIDs: encoded.tokenTypeIDs)
      }
      expectEqual(hashes.all(), blocks, name)
    }
  }
}

/// What a tokenizer's model gets: the normalized text (Unigram) or the words (WordPiece).
private struct WordsOfTables {
  private let tables: TableReader

  init(_ bytes: [UInt8]) throws {
    let copy = bytes.withUnsafeBytes { AlignedBytes(copying: $0) }
    tables = try TableReader(copy.bytes, keeping: copy)
    normalizer = tables.kind == .unigram ? try TextNormalizer(tables) : nil
    reader = tables.kind == .wordPiece ? try WordReader(tables) : nil
  }

  private let normalizer: TextNormalizer?
  private let reader: WordReader?

  func of(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      if let normalizer {
        var output = ByteBuffer(capacity: 0)
        var spare = ByteBuffer(capacity: 0)
        normalizer.apply(bytes, to: &output, spare: &spare)
        return String(decoding: output.bytes, as: UTF8.self)
      }
      var words: [String] = []
      var word = WordBuffer(limit: 1000)
      reader?.read(bytes, word: &word) {
        words.append(String(decoding: $0.bytes.bytes, as: UTF8.self))
      }
      return words.joined(separator: "\n")
    }
  }
}
