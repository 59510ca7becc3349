import EPTModel

/// Trained tensors that share a learning rate.
public enum ParameterGroup: String, Sendable, CaseIterable {
  /// `P`.
  case prompt
  /// `A` and `B`.
  case lowRank = "low_rank"
  /// `U`, `V` and the gate.
  case subspaces
  /// `U`, `V` and gate of the projections after blocks.
  case depth
  /// An encoder's linear classifier.
  case head

  /// The group's learning rate.
  var rateSetting: TrainingSetting {
    switch self {
    case .prompt: .promptRate
    case .lowRank: .lowRankRate
    case .subspaces: .subspaceRate
    case .depth: .depthRate
    case .head: .headRate
    }
  }
}

/// One trained tensor.
enum ParameterTensor: Sendable, Equatable {
  case part(PromptPart)
  case headWeight
  case headBias

  var group: ParameterGroup {
    switch self {
    case .part(.shortPrompt): .prompt
    case .part(.lowRankA), .part(.lowRankB): .lowRank
    case .part(.subspaceDown), .part(.subspaceUp), .part(.gate): .subspaces
    case .part(.depthDown), .part(.depthUp), .part(.depthGate): .depth
    case .headWeight, .headBias: .head
    }
  }

  /// What files and messages call it.
  var name: String {
    switch self {
    case .part(let part): part.rawValue
    case .headWeight: "head.weight"
    case .headBias: "head.bias"
    }
  }
}

/// All that training changes; also its gradient, and the optimiser's moments.
struct TrainedParameters: Sendable, Equatable {
  var prompt: EPTPrompt
  /// The classifier of an encoder; a decoder has none.
  var head: LinearHead?

  /// Zeros in the sizes of `other`.
  static func zeros(like other: TrainedParameters) -> TrainedParameters {
    var zeros = other
    for tensor in other.tensors {
      zeros[tensor] = [Float](repeating: 0, count: other[tensor].count)
    }
    return zeros
  }

  /// The tensors, in the optimiser's order.
  var tensors: [ParameterTensor] {
    PromptPart.allCases.map { .part($0) } + (head == nil ? [] : [.headWeight, .headBias])
  }

  /// The groups that have any numbers.
  var groups: [ParameterGroup] {
    ParameterGroup.allCases.filter { group in
      tensors.contains { $0.group == group && !self[$0].isEmpty }
    }
  }

  /// The first tensor with a number that is not finite.
  var firstNotFinite: ParameterTensor? {
    tensors.first { tensor in !self[tensor].allSatisfy(\.isFinite) }
  }

  /// How many numbers are trained.
  var count: Int { tensors.reduce(0) { $0 + self[$1].count } }

  /// Adds `share` of `other`, of the same sizes.
  mutating func add(_ other: TrainedParameters, share: Float) {
    for tensor in tensors {
      self[tensor] = zip(self[tensor], other[tensor]).map { $0 + share * $1 }
    }
  }

  /// The numbers of one tensor, row-major; none for the head of a decoder.
  subscript(tensor: ParameterTensor) -> [Float] {
    get {
      switch tensor {
      case .part(let part): prompt[part].values
      case .headWeight: head?.weight.values ?? []
      case .headBias: head?.bias ?? []
      }
    }
    set {
      switch tensor {
      case .part(let part): prompt[part].values = newValue
      case .headWeight: head?.weight.values = newValue
      case .headBias: head?.bias = newValue
      }
    }
  }
}
