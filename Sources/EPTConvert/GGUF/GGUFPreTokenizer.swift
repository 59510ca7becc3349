import EPTFormat

/// How a byte-level tokenizer cuts texts into words, which a GGUF file says by a name.
struct GGUFPreTokenizer {
  let normalizer: JSON
  let preTokenizer: JSON
  /// Whether a word that is a token is that token, whatever its pairs make of it.
  let ignoresMerges: Bool
  /// Whether texts begin with the start token where the file does not say.
  let addsStart: Bool

  /// Names that are known, by the cutting that they mean.
  private static let names: [String: Cutting] = [
    "gpt-2": .words, "smollm": .digits, "llama-bpe": .threeDigits, "llama3": .threeDigits,
    "llama-v3": .threeDigits, "qwen2": .singleDigits, "deepseek-r1-qwen": .singleDigits,
  ]

  private enum Cutting {
    /// GPT-2's.
    case words
    /// SmolLM's: each digit alone, then GPT-2's.
    case digits
    /// Llama 3's: up to three digits.
    case threeDigits
    /// Qwen2's: one digit.
    case singleDigits
  }

  /// - Throws: `FormatError.unsupported` for a name that is not known.
  init(_ metadata: GGUFMetadata) throws {
    let name = try metadata.string("tokenizer.ggml.pre") ?? "gpt-2"
    guard let cutting = Self.names[name] else {
      throw metadata.unsupported(
        "the pre-tokenizer `\(name)` in GGUF",
        "\(Self.names.keys.sorted().joined(separator: ", ")) are; convert its safetensors checkpoint"
      )
    }
    let bytes: JSON = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
    let words: JSON = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true]
    let steps: [JSON] =
      switch cutting {
      case .words: [words]
      case .digits: [["type": "Digits", "individual_digits": true], words]
      case .threeDigits: [Self.split(digits: #"\p{N}{1,3}"#), bytes]
      case .singleDigits: [Self.split(digits: #"\p{N}"#), bytes]
      }
    preTokenizer = ["type": "Sequence", "pretokenizers": .array(steps)]
    normalizer = cutting == .singleDigits ? ["type": "NFC"] : .null
    ignoresMerges = cutting == .threeDigits
    addsStart = cutting == .threeDigits
  }

  private static func split(digits: String) -> JSON {
    let expression =
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    return [
      "type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated",
      "invert": false,
    ]
  }
}
