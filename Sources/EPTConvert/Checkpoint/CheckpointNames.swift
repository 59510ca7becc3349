import EPTModel

/// The names of tensors that a checkpoint must have, and those that it may have besides.
///
/// `init(_:of:)` is the one place that takes them from an architecture.
struct CheckpointNames {
  /// A tensor that the model reads.
  struct Parameter {
    /// Its name in a `.ept`, and the likeliest in a checkpoint.
    let name: String
    let shape: [Int]
    /// Other names that checkpoints give the same tensor.
    let aliases: [String]

    /// Every name, the likeliest first.
    var names: [String] { [name] + aliases }
  }

  let parameters: [Parameter]
  /// Ends of names within a block that are no weights of the model.
  let harmlessEnds: [String]

  init(parameters: [Parameter], harmlessEnds: [String]) {
    self.parameters = parameters
    self.harmlessEnds = harmlessEnds
  }

  /// The names of `parameters`, which `architecture` reads.
  init(_ parameters: [ParameterSpecification], of architecture: any Architecture) {
    self.parameters = parameters.map {
      Parameter(name: $0.name, shape: $0.shape, aliases: $0.aliases)
    }
    harmlessEnds = Self.buffers + Swift.type(of: architecture).unreadInBlocks
  }

  /// What PyTorch modules keep beside weights and can compute anew.
  private static let buffers = ["position_ids", "token_type_ids", "inv_freq", "masked_bias"]

  /// Whether `name`, without the prefix, is known to be no weight.
  func isHarmless(_ name: String) -> Bool {
    harmlessEnds.contains { name == $0 || name.hasSuffix("." + $0) }
  }

  /// What numbered blocks' names begin with, without the number: `encoder.layer.`.
  var blockStems: Set<String> {
    Set(parameters.compactMap { Self.blockStem(of: $0.name) })
  }

  /// What `name` has in front of its first component that is a number, nil where none is.
  static func blockStem(of name: String) -> String? {
    var stem = ""
    for component in name.split(separator: ".", omittingEmptySubsequences: false) {
      if !component.isEmpty, component.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        return stem.isEmpty ? nil : stem
      }
      stem += component + "."
    }
    return nil
  }
}
