import CEPTTestSupport
import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import EPTText
import Testing

@testable import EPTConvert

/// GGUF models whose metadata is damaged: each is refused by an error, or gives a configuration, a tokenizer
/// that tokenizes and tensors that are read, in little time and memory.
@Suite struct GGUFModelFuzzTests {
  /// No file may keep the reader busy for longer.
  private static let longestSeconds = 2.0
  /// Tables of all characters, which a tokenizer of a few bytes may ask for.
  private static let mostMemory = 96 << 20

  /// Models with a tokenizer of each kind, and as few tensors as are asked for.
  private static var seeds: [[UInt8]] {
    let bytes = (33...126).map { String(UnicodeScalar(UInt8($0))) } + ["\u{120}", "th", "the"]
    let pieces =
      ["<unk>", "<s>", "</s>"] + (0..<256).map { "<0x\(hexadecimal($0))>" }
      + ["\u{2581}", "t", "h", "e", "th", "the", "\u{2581}the"]
    let qwen: [(String, GGUFBytes.Value)] =
      settings("qwen2") + [
        ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("qwen2")),
        ("tokenizer.ggml.tokens", .strings(bytes)),
        ("tokenizer.ggml.merges", .strings(["t h", "th e"])),
        ("tokenizer.ggml.eos_token_id", .uint32(0)),
      ]
    let llama: [(String, GGUFBytes.Value)] =
      settings("llama") + [
        ("llama.rope.scaling.type", .string("linear")), ("llama.rope.scaling.factor", .float32(2)),
        ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.tokens", .strings(pieces)),
        ("tokenizer.ggml.scores", .float32s(pieces.indices.map { -Float($0) })),
        (
          "tokenizer.ggml.token_type",
          .int32s([2, 3, 3] + [Int32](repeating: 6, count: 256) + [1, 1, 1, 1, 1, 1, 1])
        ),
        ("tokenizer.ggml.bos_token_id", .uint32(1)), ("tokenizer.ggml.eos_token_id", .uint32(2)),
        ("tokenizer.ggml.add_bos_token", .bool(true)),
      ]
    return [
      file(qwen, tokens: bytes.count), file(llama, tokens: pieces.count), bert(), t5(pieces),
    ]
  }

  /// A BERT with a WordPiece tokenizer.
  private static func bert() -> [UInt8] {
    let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u{2581}t", "h", "e", "\u{2581}the"]
    let metadata: [(String, GGUFBytes.Value)] = [
      ("general.architecture", .string("bert")), ("bert.embedding_length", .uint32(8)),
      ("bert.block_count", .uint32(1)), ("bert.feed_forward_length", .uint32(16)),
      ("bert.attention.head_count", .uint32(2)),
      ("bert.attention.layer_norm_epsilon", .float32(1e-12)),
      ("bert.attention.causal", .bool(false)), ("bert.pooling_type", .uint32(2)),
      ("tokenizer.ggml.model", .string("bert")), ("tokenizer.ggml.tokens", .strings(words)),
      ("tokenizer.ggml.token_type", .int32s([3, 3, 3, 3, 1, 1, 1, 1])),
      ("tokenizer.ggml.unknown_token_id", .uint32(1)),
      ("tokenizer.ggml.seperator_token_id", .uint32(3)),
    ]
    return GGUFBytes.file(
      metadata: metadata,
      tensors: [
        tensor("token_embd.weight", words.count), tensor("position_embd.weight", 16),
        tensor("token_types.weight", 2), tensor("blk.0.attn_q.weight", 8),
      ])
  }

  /// A T5 with a Unigram tokenizer of `pieces`.
  private static func t5(_ pieces: [String]) -> [UInt8] {
    let metadata: [(String, GGUFBytes.Value)] = [
      ("general.architecture", .string("t5")), ("t5.embedding_length", .uint32(8)),
      ("t5.block_count", .uint32(1)), ("t5.decoder_block_count", .uint32(1)),
      ("t5.feed_forward_length", .uint32(16)), ("t5.attention.head_count", .uint32(2)),
      ("t5.attention.key_length", .uint32(4)),
      ("t5.attention.relative_buckets_count", .uint32(8)),
      ("t5.attention.layer_norm_rms_epsilon", .float32(1e-6)),
      ("t5.decoder_start_token_id", .uint32(0)), ("tokenizer.ggml.model", .string("t5")),
      ("tokenizer.ggml.tokens", .strings(pieces)),
      ("tokenizer.ggml.scores", .float32s(pieces.indices.map { -Float($0) })),
      ("tokenizer.ggml.precompiled_charsmap", .uint8s(charactersMap)),
      ("tokenizer.ggml.unknown_token_id", .uint32(0)),
      ("tokenizer.ggml.eos_token_id", .uint32(2)),
    ]
    return GGUFBytes.file(
      metadata: metadata,
      tensors: [
        tensor("token_embd.weight", pieces.count), tensor("enc.blk.0.attn_q.weight", 8),
        tensor("enc.blk.0.attn_rel_b.weight", 8),
      ])
  }

  /// The smallest map of characters: an array of one unit that leads nowhere, and no texts.
  private static let charactersMap: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0]

  private static func tensor(_ name: String, _ rows: Int) -> GGUFBytes.Tensor {
    GGUFBytes.Tensor(
      name, sizes: [8, UInt64(rows)], bytes: [UInt8](repeating: 0, count: 32 * rows))
  }

  private static func settings(_ name: String) -> [(String, GGUFBytes.Value)] {
    [
      ("general.architecture", .string(name)), ("\(name).context_length", .uint32(64)),
      ("\(name).embedding_length", .uint32(8)), ("\(name).block_count", .uint32(1)),
      ("\(name).feed_forward_length", .uint32(16)), ("\(name).attention.head_count", .uint32(2)),
      ("\(name).attention.head_count_kv", .uint32(1)),
      ("\(name).attention.layer_norm_rms_epsilon", .float32(1e-5)),
      ("\(name).rope.freq_base", .float32(10_000)),
    ]
  }

  private static func file(_ metadata: [(String, GGUFBytes.Value)], tokens: Int) -> [UInt8] {
    GGUFBytes.file(
      metadata: metadata,
      tensors: [
        tensor("token_embd.weight", tokens), tensor("blk.0.attn_q.weight", 8),
        tensor("blk.0.attn_k.weight", 4),
      ])
  }

  private static func hexadecimal(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "0" + digits : digits
  }

  @Test func survivesDamage() throws {
    let seeds = Self.seeds
    try FuzzRun("GGUF model").damage(
      seeds, keepsLength: { $0.below(4) > 0 }, seconds: Self.longestSeconds,
      memory: Self.mostMemory,
      isAccepted: { try isAccepted($0) })
  }

  /// A piece as long as a file would be cut at every place, each time over all of its bytes.
  @Test func refusesPiecesThatTakeLong() throws {
    let pieces = ["<unk>", "a", String(repeating: "a", count: 1 << 20)]
    let metadata: [(String, GGUFBytes.Value)] =
      Self.settings("llama") + [
        ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.tokens", .strings(pieces)),
        ("tokenizer.ggml.scores", .float32s([0, -1, -2])),
        ("tokenizer.ggml.add_bos_token", .bool(false)),
      ]
    let start = ept_thread_seconds()
    #expect(try !isAccepted(Self.file(metadata, tokens: pieces.count)))
    #expect(ept_thread_seconds() - start < Self.longestSeconds)
  }

  /// Reads all of a model but its numbers' meaning.
  ///
  /// - Throws: What is no error of these readers.
  private func isAccepted(_ bytes: [UInt8]) throws -> Bool {
    do {
      let file = try bytes.withUnsafeBytes { try MappedFile(contents: $0, path: "damaged") }
      let model = try GGUFModel(GGUFFile(file))
      _ = try ArchitectureRegistry.architecture(model.configuration)
      let tokenizer = try TokenizerTables.open(
        TokenizerDefinition.compile(model.tokenizer, source: model.path).tables)
      for text in ["", "the Ünïcödé \u{1F600}", String(repeating: "th", count: 100)] {
        let ids = tokenizer.encode(text, nil, limit: 64).ids
        #expect(ids.count <= 64)
        if let detokenizer = tokenizer as? any Detokenizer { _ = detokenizer.text(of: ids) }
      }
      for weights in model.weights {
        for name in weights.tensorNames {
          let tensor = try weights.checkpointTensor(name)
          _ = try tensor.withFloats(in: 0..<tensor.count) { $0.count }
        }
      }
      return true
    } catch let error as FormatError {
      #expect(!error.description.isEmpty)
    } catch let error as ModelError {
      #expect(!error.description.isEmpty)
    } catch let error as TextError {
      #expect(!error.description.isEmpty)
    }
    return false
  }
}
