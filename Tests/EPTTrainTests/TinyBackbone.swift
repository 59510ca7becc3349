import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTText
import Foundation

/// Words and their ids, one token a word.
struct WordTokenizer: Tokenizer {
  let words: [String]

  var vocabularySize: Int { words.count }

  func encode(_ first: String, _ second: String?, limit: Int) -> TokenizedText {
    let ids = Array(tokens(of: first).prefix(limit - 1)) + [1]
    return TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })
  }

  func encode(words: [[Int32]], limit: Int) -> TokenizedText {
    let ids = Array(words.joined().prefix(limit - 1)) + [1]
    var text = TokenizedText(ids: ids, tokenTypeIDs: ids.map { _ in 0 })
    // One token a word.
    text.wordStarts = Array(words.indices.prefix(limit - 1))
    return text
  }

  func tokens(of text: String) -> [Int32] {
    text.split(separator: " ").map { word in
      Int32(words.firstIndex(of: String(word)) ?? 2)
    }
  }

  func piece(_ id: Int32) -> String? {
    words.indices.contains(Int(id)) ? words[Int(id)] : nil
  }

  func frequentTokens(limit: Int) -> [Int32] {
    Array((3..<Int32(words.count)).prefix(limit))
  }
}

/// A backbone of random weights, small enough to train on within a second.
enum TinyBackbone {
  static let words =
    ["<pad>", "</s>", "<unk>", "negative", "positive", "good", "fine", "bad", "poor"]
    + (0..<40).map { "word\($0)" }

  static let tokenizer = WordTokenizer(words: words)

  static let identity = BackboneIdentity(
    architecture: "tiny", name: "tiny", hiddenSize: 32,
    fingerprint: String(repeating: "1f", count: 32))

  static let bert: JSON = [
    "model_type": "bert", "vocab_size": 49, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 48, "max_position_embeddings": 64,
    "type_vocab_size": 2,
  ]

  static let t5: JSON = [
    "model_type": "t5", "vocab_size": 49, "d_model": 32, "d_kv": 8, "num_heads": 4, "d_ff": 48,
    "num_layers": 2,
  ]

  static let llama: JSON = [
    "model_type": "llama", "vocab_size": 49, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48,
    "max_position_embeddings": 64, "tie_word_embeddings": true, "eos_token_id": 1,
  ]

  /// A model of `configuration`, its weights written to `folder` and mapped.
  static func model(
    _ configuration: JSON, folder: String, threads: Int = 1, precision: Precision? = nil
  ) throws -> PromptedModel {
    let specifications = try ArchitectureRegistry.architecture(configuration).parameters
    var header: [JSONMember] = []
    var data: [Float] = []
    for (index, tensor) in specifications.enumerated() {
      let count = tensor.shape.reduce(1, *)
      var random = RandomNumbers(.initialisation, 5, UInt64(index))
      // Norms near 1, embeddings of size 1, products that keep the size.
      let isNorm = tensor.name.lowercased().contains("norm")
      let isEmbedding = tensor.name.contains("embeddings") || tensor.name.contains("shared")
      let scale: Float =
        isNorm ? 0.05 : isEmbedding ? 1 : 0.7 / Float(tensor.shape.last ?? 1).squareRoot()
      let offset: Float = isNorm && tensor.name.hasSuffix("weight") ? 1 : 0
      let start = 4 * data.count
      data += random.gaussians(count).map { offset + scale * $0 }
      let shape = JSON.array(tensor.shape.map { .integer($0) })
      header.append(
        JSONMember(
          tensor.name,
          [
            "dtype": "F32", "shape": shape,
            "data_offsets": [.integer(start), .integer(start + 4 * count)],
          ]))
    }
    var text = JSON.object(header).serialized()
    text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    var bytes = Data()
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: text.utf8)
    data.withUnsafeBytes { bytes.append(contentsOf: $0) }
    let path = "\(folder)/model.safetensors"
    try bytes.write(to: URL(fileURLWithPath: path))
    return try PromptedModel(
      weights: SafetensorsFile(path: path), configuration: configuration, threads: threads,
      precision: precision)
  }

  /// Rows whose label is whether the kind word in them is good.
  static func examples(_ count: Int, seed: UInt64) -> [Example] {
    var random = RandomNumbers(.order, seed)
    return (0..<count).map { _ in
      let label = random.below(2)
      var text = (0..<4 + random.below(8)).map { _ in words[9 + random.below(40)] }
      text.insert(words[5 + 2 * (1 - label) + random.below(2)], at: random.below(text.count))
      return Example(values: [text.joined(separator: " ")], label: label)
    }
  }

  static func data() -> Dataset {
    Dataset(
      train: examples(400, seed: 1), validation: examples(100, seed: 2),
      test: examples(100, seed: 3))
  }
}
