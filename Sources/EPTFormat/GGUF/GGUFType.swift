/// The number types of GGUF's tensors that are read.
///
/// Numbers stand in blocks of consecutive ones of a row, which share scales. The raw value is the type's
/// number in a file.
public enum GGUFType: UInt32, CaseIterable, Sendable {
  case f32 = 0
  case f16 = 1
  case q4Zero = 2
  case q4One = 3
  case q5Zero = 6
  case q5One = 7
  case q8Zero = 8
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case bf16 = 30

  /// As ggml writes it.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .q4Zero: "Q4_0"
    case .q4One: "Q4_1"
    case .q5Zero: "Q5_0"
    case .q5One: "Q5_1"
    case .q8Zero: "Q8_0"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    case .bf16: "BF16"
    }
  }

  /// Numbers of a block.
  public var blockSize: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4Zero, .q4One, .q5Zero, .q5One, .q8Zero: 32
    case .q4K, .q5K, .q6K: 256
    }
  }

  /// Bytes of a block.
  public var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4Zero: 2 + 16
    case .q4One: 4 + 16
    case .q5Zero: 2 + 4 + 16
    case .q5One: 4 + 4 + 16
    case .q8Zero: 2 + 32
    case .q4K: 4 + 12 + 128
    case .q5K: 4 + 12 + 32 + 128
    case .q6K: 128 + 64 + 16 + 2
    }
  }

  /// The encoding that holds the numbers as they are.
  var encoding: TensorEncoding {
    switch self {
    case .f16: .f16
    case .bf16: .bf16
    default: .f32
    }
  }

  /// The type of the same numbers in safetensors; nil for quantised ones.
  var plain: SafetensorsType? {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    default: nil
    }
  }

  /// Names of types that files have and that are not read, for messages.
  static func name(of number: UInt32) -> String {
    let others: [UInt32: String] = [
      9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
      19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16",
      26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
    ]
    return GGUFType(rawValue: number)?.name ?? others[number] ?? "number \(number)"
  }
}
