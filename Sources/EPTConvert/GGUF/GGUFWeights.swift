import EPTFormat
import EPTSystem

/// The weights of one GGUF file under the names of a Hugging Face checkpoint.
final class GGUFWeights: CheckpointFile {
  /// Heads whose rows `llama` files reorder.
  struct Heads {
    let query: Int
    let key: Int
  }

  let tensorNames: [String]
  private let source: GGUFFile
  /// GGUF's names of the tensors.
  private let ownNames: [ByteName: String]
  private let heads: Heads?

  var file: MappedFile { source.file }

  /// The tensors of `source`, called by `names`; with `heads`, those of queries and keys are put in
  /// order.
  ///
  /// - Throws: `FormatError.unsupported` for a tensor that the family does not have.
  init(_ source: GGUFFile, names: GGUFNames, heads: Heads?) throws {
    var ownNames: [ByteName: String] = [:]
    for name in source.tensorNames where name != GGUFNames.frequencies {
      guard let checkpointName = names.checkpointName(name) else {
        throw FormatError.unsupported(
          path: source.path, what: "tensor `\(name)`",
          hint:
            "the plain model's tensors are read; is it one with experts, adapters or a classifier?")
      }
      ownNames[ByteName(checkpointName)] = name
    }
    self.source = source
    self.heads = heads
    self.ownNames = ownNames
    tensorNames = ownNames.keys.sorted().map(\.text)
  }

  func checkpointTensor(_ name: String) throws -> CheckpointTensor {
    guard let own = ownNames[ByteName(name)] else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    return try source.checkpointTensor(own, called: name, rotatedHeads: rotatedHeads(own))
  }

  private func rotatedHeads(_ name: String) -> Int? {
    switch name.split(separator: ".").dropFirst(2).first {
    case "attn_q": heads?.query
    case "attn_k": heads?.key
    default: nil
    }
  }
}
