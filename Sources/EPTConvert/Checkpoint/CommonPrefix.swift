import EPTSystem

/// What stands in front of the names of all tensors of a model, such as `module.bert.`.
struct CommonPrefix {
  /// Prefixes in front of whole models, and how many of the model's tensors the best one leads to.
  private let counts: [(prefix: String, count: Int)]
  private let parameterCount: Int

  /// Deeper than any wrapper nests its model.
  private static let mostComponents = 16

  /// Looks for the parameters of `names` behind every prefix that `held` have.
  init(of names: CheckpointNames, in held: some Collection<String>) {
    var parameters: [ByteName: Int] = [:]
    for (index, parameter) in names.parameters.enumerated() {
      for name in parameter.names { parameters[ByteName(name)] = index }
    }
    var found: [ByteName: Set<Int>] = [:]
    for name in held {
      var start = name.startIndex
      for _ in 0..<Self.mostComponents {
        if let index = parameters[ByteName(String(name[start...]))] {
          found[ByteName(String(name[..<start])), default: []].insert(index)
        }
        guard let dot = name[start...].firstIndex(of: ".") else { break }
        start = name.index(after: dot)
      }
    }
    counts = found.map { ($0.key.text, $0.value.count) }.sorted {
      ($1.count, $0.prefix.utf8.count, $0.prefix) < ($0.count, $1.prefix.utf8.count, $1.prefix)
    }
    parameterCount = names.parameters.count
  }

  /// Prefixes that stand in front of every tensor of the model, in order.
  var complete: [String] {
    counts.filter { $0.count == parameterCount }.map(\.prefix)
  }

  /// The prefix in front of the most tensors of the model; nil where no tensor of it is there.
  var best: String? { counts.first?.prefix }
}
