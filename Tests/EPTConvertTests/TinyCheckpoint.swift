import EPTFormat
import EPTModel
import EPTTestSupport

/// A checkpoint small enough to write for every test.
struct TinyCheckpoint {
  static let bert = #"""
    {"model_type": "bert", "vocab_size": 8, "hidden_size": 16, "num_hidden_layers": 1,
     "num_attention_heads": 2, "intermediate_size": 20, "max_position_embeddings": 6,
     "type_vocab_size": 2}
    """#
  static let t5 = #"""
    {"model_type": "t5", "vocab_size": 8, "d_model": 16, "d_kv": 4, "num_heads": 4, "d_ff": 20,
     "num_layers": 1, "relative_attention_num_buckets": 4, "feed_forward_proj": "gated-gelu",
     "tie_word_embeddings": false}
    """#

  var configuration: String
  var vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nbad\nfilm\n"
  var tensors: [SafetensorsBytes.Tensor]

  /// All the tensors that `configuration` asks for, with a distinct value in each place.
  init(_ configuration: String = bert) throws {
    self.configuration = configuration
    var next: Float = 0
    tensors = try ArchitectureRegistry.architecture(JSON(parsing: configuration)).parameters.map {
      let floats = (0..<$0.shape.reduce(1, *)).map { _ in
        next += 1
        // Exact in 16 bits of either kind: at most 7 significant bits.
        return Float(Int(next) % 127 - 63) / 64
      }
      return .init($0.name, shape: $0.shape, floats: floats)
    }
  }

  /// Replaces the tensor called `name` by whatever `change` makes of it.
  mutating func change(
    _ name: String, _ change: (SafetensorsBytes.Tensor) -> SafetensorsBytes.Tensor?
  ) {
    tensors = tensors.compactMap { $0.name == name ? change($0) : $0 }
  }

  /// Puts `values` at the beginning of tensor `name`.
  mutating func overwrite(_ name: String, with values: [Float]) {
    change(name) {
      .init(
        $0.name, type: "F32", shape: $0.shape,
        bytes: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
          + $0.bytes.dropFirst(4 * values.count))
    }
  }

  /// The vocabulary as a `tokenizer.json`.
  private var tokenizer: JSON {
    let words = vocabulary.split(separator: "\n").map(String.init)
    return [
      "added_tokens": [], "normalizer": .null,
      "pre_tokenizer": ["type": "BertPreTokenizer"],
      "post_processor": .null,
      "model": [
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": .object(words.enumerated().map { JSONMember($1, .integer($0)) }),
      ],
    ]
  }

  /// Writes the checkpoint's files into `folder`.
  func write(to folder: String) throws {
    _ = try TestPaths.write(Array(configuration.utf8), to: "config.json", in: folder)
    // A vocab.txt is BERT's; any model may have a tokenizer.json.
    let isBERT = configuration.contains("\"bert\"")
    _ = try TestPaths.write(
      isBERT ? Array(vocabulary.utf8) : Array(tokenizer.serialized().utf8),
      to: isBERT ? "vocab.txt" : "tokenizer.json", in: folder)
    _ = try TestPaths.write(
      SafetensorsBytes.file(tensors), to: "model.safetensors", in: folder)
  }
}
