import EPTFormat
import EPTSystem

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
  /// Tensors that the configuration asks for and no file holds. `part` is what the names of all
  /// tensors of a part of the model begin with that is missing as a whole.
  case missingTensors(path: String, first: String, missing: Int, count: Int, part: String?)
  /// No tensor of the model is there under any prefix.
  case otherModel(path: String, expected: String, example: String?)
  /// Two whole models, behind two prefixes; a tensor's two names.
  case severalModels(path: String, first: String, second: String)
  /// Two names of one tensor whose numbers differ.
  case differingCopies(path: String, first: String, second: String)
  /// A tensor in a block of the model that the model does not read.
  case unreadTensor(path: String, tensor: String)
  /// Files that the index names and that are not there.
  case missingShards(path: String, missing: [String], count: Int)
  /// A tensor that two files hold.
  case tensorInTwoFiles(tensor: String, first: String, second: String)
  /// A tensor that another file holds than the index says.
  case indexDisagrees(path: String, tensor: String, shard: String, holder: String)
  /// A tensor that the index says is in a shard, and that no shard holds.
  case shardLacksTensor(path: String, tensor: String, index: String)
  /// A configuration without a model type.
  case noModelType(path: String, known: [String])
  /// A module of sentence-transformers that is not read.
  case unsupportedModule(path: String, type: String)
  /// Weights beside a list of modules that has the model in another folder.
  case modelElsewhere(path: String, modules: String, folder: String)
  /// A way to pool that is not read, or several ways at once.
  case unsupportedPooling(path: String, modes: [String])
  /// Two files that state different ways to pool.
  case differingPoolings(first: String, second: String, values: [String])
  /// Texts that sentence-transformers would lower-case before a tokenizer that keeps case.
  case lowercasing(path: String)
  /// A pattern of tensor names that is no regular expression.
  case badPattern(pattern: String, reason: String)
  /// A pattern that fits the name of no tensor. `example` is a tensor's name.
  case patternFitsNothing(pattern: String, example: String)
}

extension ConvertError: CustomStringConvertible {
  /// One line, whatever the names in a file contain.
  public var description: String { text.printable }

  private var text: String {
    switch self {
    case .notFinite(let path, let tensor, let index, let value):
      "\(path): tensor `\(tensor)` is \(value) at \(index); the checkpoint is damaged or its training diverged"
    case .overflow(let path, let tensor, let index, let value, let type):
      "\(path): tensor `\(tensor)` is \(value) at \(index), more than \(type) can hold; convert to bf16 or f32"
    case .outputIsInput(let path):
      "\(path) is one of the files that are read; name another output"
    case .vocabularyMismatch(let folder, let tokens, let rows):
      "\(folder): its tokenizer has \(tokens) tokens, but its model has \(rows) embeddings; do they belong together?"
    case .missingTensors(let path, let first, let missing, let count, let part):
      "\(path) has no tensor `\(first)`"
        + (missing > 1 ? ", nor \(missing - 1) others of the \(count)" : "")
        + " that its configuration asks for; "
        + (part.map {
          "it has none that begins with `\($0)`: "
            + ($0.hasSuffix("decoder.")
              ? "if it is an encoder alone, write \"architectures\": [\"T5EncoderModel\"] in config.json"
              : "is it another kind of model than config.json says?")
        } ?? "do weights and config.json belong together, and is the file whole?")
    case .otherModel(let path, let expected, let example):
      "\(path) holds no tensor that its configuration asks for, such as `\(expected)`, "
        + (example.map {
          "but others, such as `\($0)`; do weights and config.json belong together?"
        }
          ?? "and no other")
    case .severalModels(let path, let first, let second):
      "\(path) holds two models, with `\(first)` and `\(second)`; save the one that is meant by itself"
    case .differingCopies(let path, let first, let second):
      "\(path): `\(first)` and `\(second)` are names of one tensor, but their numbers differ; "
        + "save the model with one of them"
    case .unreadTensor(let path, let tensor):
      "\(path): tensor `\(tensor)` is in a block of the model, but its configuration has no place for it; "
        + "do weights and config.json belong together?"
    case .missingShards(let path, let missing, let count):
      "\(path) names \(count) files, of which \(missing.count) \(missing.count == 1 ? "is" : "are") missing: "
        + missing.prefix(8).joined(separator: ", ")
        + (missing.count > 8 ? " and \(missing.count - 8) more" : "") + "; download them"
    case .tensorInTwoFiles(let tensor, let first, let second):
      "tensor `\(tensor)` is in both \(first) and \(second); download the checkpoint again into an empty folder"
    case .indexDisagrees(let path, let tensor, let shard, let holder):
      "\(path) says that `\(tensor)` is in \(shard), but \(holder) holds it; "
        + "download index and files of one version"
    case .shardLacksTensor(let path, let tensor, let index):
      "\(path) has no tensor `\(tensor)`, which \(index) says it holds; download both of one version"
    case .noModelType(let path, let known):
      "\(path) has no `model_type`; add \"model_type\" with one of: \(known.joined(separator: ", "))"
    case .unsupportedModule(let path, let type):
      "\(path): a \(type) module is not supported; one Transformer, one Pooling and a Normalize are"
    case .modelElsewhere(let path, let modules, let folder):
      "\(path): \(modules) says that the model is in \(folder); give that folder"
    case .unsupportedPooling(let path, let modes):
      "\(path): pooling by \(modes.isEmpty ? "nothing" : modes.joined(separator: " and ")) is not supported; "
        + "it must be one of mean, cls and lasttoken"
    case .differingPoolings(let first, let second, let values):
      "\(first) says that pooling is \(values[0]), but \(second) says \(values[1]); remove the wrong one"
    case .lowercasing(let path):
      "\(path) has do_lower_case, but the tokenizer beside it keeps case; "
        + "set do_lower_case in tokenizer_config.json, or false here"
    case .badPattern(let pattern, let reason):
      "the tensor pattern `\(pattern)` is no POSIX extended regular expression: \(reason)"
    case .patternFitsNothing(let pattern, let example):
      "the tensor pattern `\(pattern)` fits the name of no tensor; names are such as `\(example)`"
    }
  }
}
