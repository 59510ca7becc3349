/// What can go wrong in `EPTConvert`, apart from files and configurations that are wrong.
public enum ConvertError: Error, Equatable, Sendable {
  /// A weight that is NaN or infinite. `index` is its place in the tensor.
  case notFinite(path: String, tensor: String, index: [Int], value: Float)
  /// A weight that the target type cannot hold.
  case overflow(path: String, tensor: String, index: [Int], value: Float, type: String)
  /// The output would replace one of the files that are read.
  case outputIsInput(path: String)
  /// The tokenizer has more tokens than the embedding has rows.
  case vocabularyMismatch(folder: String, tokens: Int, rows: Int)
  /// A pattern of tensor names that is no regular expression.
  case badPattern(pattern: String, reason: String)
  /// A pattern that fits the name of no tensor. `example` is a tensor's name.
  case patternFitsNothing(pattern: String, example: String)
}

extension ConvertError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite(let path, let tensor, let index, let value):
      "\(path): tensor `\(tensor)` is \(value) at \(index); the checkpoint is damaged or its training diverged"
    case .overflow(let path, let tensor, let index, let value, let type):
      "\(path): tensor `\(tensor)` is \(value) at \(index), more than \(type) can hold; convert to bf16 or f32"
    case .outputIsInput(let path):
      "\(path) is one of the files that are read; name another output"
    case .vocabularyMismatch(let folder, let tokens, let rows):
      "\(folder): its tokenizer has \(tokens) tokens, but its model has \(rows) embeddings; do they belong together?"
    case .badPattern(let pattern, let reason):
      "the tensor pattern `\(pattern)` is no POSIX extended regular expression: \(reason)"
    case .patternFitsNothing(let pattern, let example):
      "the tensor pattern `\(pattern)` fits the name of no tensor; names are such as `\(example)`"
    }
  }
}
