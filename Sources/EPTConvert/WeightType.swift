import EPTFormat
import EPTModel

/// The number type that a conversion asks for.
public enum WeightType: String, CaseIterable, Sendable {
  case f32
  case f16
  case bf16
  /// Signed bytes with one scale a row.
  case q8
  /// Half bytes with one scale for 32 numbers of a row.
  case q4

  /// How to store `tensor`, whatever its source.
  ///
  /// The wanted type stands for matrices only: norms, biases and other vectors are small and
  /// stay binary32, as do matrices too narrow to be worth a scale a row.
  func encoding(of tensor: TensorSpecification) -> TensorEncoding {
    guard tensor.shape.count >= 2 else { return .f32 }
    switch self {
    case .f32: return .f32
    case .f16: return .f16
    case .bf16: return .bf16
    case .q8: return tensor.isQuantizable ? .q8 : .f32
    case .q4: return tensor.isQuantizable ? .q4 : .f32
    }
  }
}
