import EPTSystem
import Glibc

/// One text's answer by one prompt.
public struct Answer: Sendable, Equatable {
  /// The index of the label: the most probable one unless thresholds say otherwise; of equal ones
  /// the first.
  public let label: Int
  /// Whether no label is probable enough; `label` is then the one that comes nearest.
  public let isRejected: Bool
  /// One probability a label; they sum to 1. `[labels]`
  public let probabilities: [Float]

  /// The softmax of `scores`, one a label; nil where they are not numbers.
  public init?(scores: some Collection<Float>) {
    self.init(scores: scores, rule: DecisionRule())
  }

  /// The same of scores divided by `temperature`, with the label chosen by `rule`.
  ///
  /// Which label is the most probable follows from the scores, so that no temperature changes it.
  init?(scores: some Collection<Float>, temperature: Float = 1, rule: DecisionRule) {
    guard let largest = scores.max(), scores.allSatisfy(\.isFinite) else { return nil }
    let weights = scores.map { exp(($0 - largest) / temperature) }
    let total = weights.reduce(0, +)
    probabilities = weights.map { $0 / total }
    (label, isRejected) = rule.label(for: probabilities, scores: Array(scores))
  }

  /// What is answered where no label is probable enough.
  public static let rejection = "none of these"

  /// What the answer is called, by a prompt with `labels`.
  func name(_ labels: [String]) -> String { isRejected ? Self.rejection : labels[label] }

  /// The labels by falling probability.
  var byProbability: [Int] {
    probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
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
  /// From 0 to 1: the label is the answer exactly if it has this probability or more.
  public let probability: Float

  /// A threshold for one label.
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
  /// The least probability that an answer without a threshold of its own must have; nil for any.
  private let least: Float?

  /// The most probable label is the answer.
  init() {
    bounds = []
    least = nil
  }

  /// A rule for `labels` of the prompt called `prompt`; below `least` none of them is the answer.
  ///
  /// - Throws: `InferError.threshold` if every label has one: none could be the answer.
  init(_ thresholds: [Threshold], least: Float? = nil, labels: [String], prompt: String) throws {
    let bounds = labels.map { label in
      thresholds.last { $0.label.isIdentical(to: label) }?.probability
    }
    if let label = labels.last, !bounds.contains(nil), least == nil {
      throw InferError.threshold(
        label: label,
        reason: "\(prompt) needs one label without a threshold, for where none is reached")
    }
    self.bounds = bounds.contains { $0 != nil } ? bounds : []
    self.least = least
  }

  /// The most probable of the labels that reach their threshold.
  ///
  /// If there is none, the most probable of those without a threshold; it is rejected if it is not
  /// probable enough.
  ///
  /// Of two labels the one with the higher score is the more probable: their probabilities may be the
  /// same once rounded.
  func label(
    for probabilities: [Float], scores: [Float]? = nil
  ) -> (label: Int, isRejected: Bool) {
    let scores = scores ?? probabilities
    let all = Array(probabilities.indices)
    let reached =
      bounds.isEmpty
      ? [] : all.filter { index in bounds[index].map { probabilities[index] >= $0 } ?? false }
    if !reached.isEmpty { return (most(scores, of: reached), false) }
    let free = bounds.isEmpty ? all : all.filter { bounds[$0] == nil }
    guard !free.isEmpty else { return (most(scores, of: all), true) }
    let best = most(scores, of: free)
    return (best, least.map { probabilities[best] < $0 } ?? false)
  }

  /// The first of those with the highest score.
  private func most(_ scores: [Float], of labels: [Int]) -> Int {
    labels.reduce(labels[0]) { scores[$1] > scores[$0] ? $1 : $0 }
  }
}
