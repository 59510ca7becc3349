import EPTFormat
import EPTModel

/// The encoding that a conversion asks for.
public enum TargetEncoding: String, CaseIterable, Sendable {
  /// Signed bytes with one scale a row.
  case q8
  /// Half bytes with one scale for 32 numbers of a row.
  case q4
  /// The checkpoint's own numbers, bit by bit, compressed where that pays.
  case lossless
  /// IEEE 754 binary16.
  case f16
  /// The upper half of a binary32.
  case bf16
  /// IEEE 754 binary32.
  case f32

  /// How to compress what is stored.
  var codec: PayloadCodec { self == .lossless ? .planes : .raw }

  /// How to store `tensor`, whose encoding in the checkpoint is `source`.
  ///
  /// Norms, biases and small tables stay binary32: they are little of the file and much of the
  /// result.
  func encoding(of tensor: ParameterSpecification, from source: TensorEncoding) -> TensorEncoding {
    switch self {
    case .lossless: return source
    case .f32: return .f32
    case .f16: return tensor.isMatrix ? .f16 : .f32
    case .bf16: return tensor.isMatrix ? .bf16 : .f32
    case .q8: return tensor.isQuantizable ? .q8 : .f32
    case .q4: return tensor.isQuantizable ? .q4 : .f32
    }
  }
}
