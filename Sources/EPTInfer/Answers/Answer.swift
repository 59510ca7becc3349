import Glibc

/// One text's answer by one prompt.
public struct Answer: Sendable, Equatable {
  /// The index of the label: the most probable one unless thresholds say otherwise; of equal ones
  /// the first.
  public let label: Int
  /// One probability a label; they sum to 1. `[labels]`
  public let probabilities: [Float]

  /// The softmax of `scores`, one a label; nil where they are not numbers.
  public init?(scores: some Collection<Float>) {
    self.init(scores: scores, rule: DecisionRule())
  }

  /// The same with the label chosen by `rule`.
  init?(scores: some Collection<Float>, rule: DecisionRule) {
    guard let largest = scores.max(), scores.allSatisfy(\.isFinite) else { return nil }
    let weights = scores.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    probabilities = weights.map { $0 / total }
    label = rule.label(for: probabilities)
  }

  /// The labels, the answer first, then by falling probability.
  var ranking: [Int] {
    let others = probabilities.indices.filter { $0 != label }
      .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
    return [label] + others
  }
}

/// A label that is the answer exactly where its probability reaches a bound.
public struct Threshold: Sendable, Equatable {
  /// The label, of every prompt that has it; after a prompt's name and a colon, of that one.
  public let label: String
  public let probability: Float

  public init(label: String, probability: Float) {
    self.label = label
    self.probability = probability
  }
}

/// How probabilities become an answer.
struct DecisionRule: Sendable, Equatable {
  /// The least probability with which each label may be the answer, nil without a threshold;
  /// empty if no label has one.
  private let bounds: [Float?]

  /// The most probable label is the answer.
  init() {
    bounds = []
  }

  /// A rule for `labels` of the prompt called `prompt`.
  ///
  /// - Throws: `InferError.threshold` if every label has one: none could be the answer.
  init(_ thresholds: [Threshold], labels: [String], prompt: String) throws {
    let bounds = labels.map { label in thresholds.last { $0.label == label }?.probability }
    if let label = labels.last, !bounds.contains(nil) {
      throw InferError.threshold(
        label: label,
        reason: "\(prompt) needs one label without a threshold, for where none is reached")
    }
    self.bounds = bounds.contains { $0 != nil } ? bounds : []
  }

  /// The most probable of the labels that reach their threshold; if there is none, the most
  /// probable of those without one.
  func label(for probabilities: [Float]) -> Int {
    let all = Array(probabilities.indices)
    guard !bounds.isEmpty else { return most(probabilities, of: all) }
    let reached = all.filter { index in bounds[index].map { probabilities[index] >= $0 } ?? false }
    return most(probabilities, of: reached.isEmpty ? all.filter { bounds[$0] == nil } : reached)
  }

  /// The first of the most probable ones.
  private func most(_ probabilities: [Float], of labels: [Int]) -> Int {
    labels.reduce(labels[0]) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
  }
}
