import EPTCompute
import EPTModel
import EPTTask

/// A linear head on a frozen encoder without a prompt, trained by steps: the linear probe.
///
/// Nothing before the head changes, so what it reads of each row is computed once and kept.
struct FeatureObjective: TrainingObjective {
  /// Training rows whose features are computed together.
  private static let block = 32

  private let features: FrozenFeatures
  private let rows: EncodedRows
  private let targets: [Target]
  /// One factor of the loss of each training row.
  private let weights: [Float]
  /// Where each training row stands in the first epoch.
  ///
  /// Rows are computed in blocks of this order: a run needs them so, and a run that is resumed
  /// computes the same blocks, with the same rounding.
  private let places: [Int]
  private let order: [Int]
  /// What the head reads of the training rows, in blocks of `order`; nil until it is needed.
  private var training: [[Matrix]?]
  private var scored: [RowSet: [Matrix]] = [:]

  /// An objective whose first epoch runs in the order of `seed`.
  ///
  /// - Throws: `ModelError` if the model cannot have `head`.
  init(
    _ model: PromptedModel, _ rows: EncodedRows, _ head: LinearHead,
    classWeights: [Float]? = nil, seed: UInt64
  ) throws {
    features = try FrozenFeatures(model, rows.encoder, for: head)
    self.rows = rows
    targets = rows.data.train.map { $0.target(for: head.kind, rows.task) }
    weights = rows.data.train.map { classWeights?[$0.label] ?? 1 }
    order = BatchOrder.epoch(0, rows: targets.count, seed: seed)
    var places = order
    for (place, row) in order.enumerated() { places[row] = place }
    self.places = places
    training = [[Matrix]?](repeating: nil, count: (order.count + Self.block - 1) / Self.block)
  }

  /// The loss of a row of words is the mean over its words.
  mutating func gradient(
    _ parameters: TrainedParameters, rows chosen: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    var gradient = TrainedParameters.zeros(like: parameters)
    guard let head = parameters.head else { return (0, gradient) }
    let inputs = head.weight.columns
    var (weight, bias) = (gradient[.headWeight], gradient[.headBias])
    var loss = 0.0
    for row in chosen {
      let features = try trainingFeatures(row)
      let parts = targets[row].parts(words: features.rows)
      let factor = weights[row] / Float(chosen.count * max(1, parts.count))
      for (place, part) in parts.enumerated() {
        let input = features.values[place * inputs..<(place + 1) * inputs]
        var slope = head.outputs(input)
        loss += Double(factor) * head.kind.loss(&slope, part, share: factor)
        for output in slope.indices {
          bias[output] += slope[output]
          for (index, value) in zip(output * inputs..<(output + 1) * inputs, input) {
            weight[index] += slope[output] * value
          }
        }
      }
    }
    (gradient[.headWeight], gradient[.headBias]) = (weight, bias)
    return (Float(loss), gradient)
  }

  mutating func scores(
    _ parameters: TrainedParameters, of set: RowSet, shouldStop: () -> Bool
  ) throws -> [Matrix]? {
    guard let head = parameters.head else { return [] }
    if scored[set] == nil {
      var features: [Matrix] = []
      for texts in rows.batches(set) {
        if shouldStop() { return nil }
        features += try self.features.matrices(texts)
      }
      scored[set] = features
    }
    return scored[set]?.map { head.scores($0) }
  }

  /// What the head reads of one training row.
  private mutating func trainingFeatures(_ row: Int) throws -> Matrix {
    let (index, place) = places[row].quotientAndRemainder(dividingBy: Self.block)
    if let block = training[index] { return block[place] }
    let start = index * Self.block
    let block = try features.eachRow(
      rows.trainingTexts(order[start..<min(order.count, start + Self.block)]))
    training[index] = block
    return block[place]
  }
}

extension LinearHead {
  /// The outputs for the features of one row or word.
  fileprivate func outputs(_ features: ArraySlice<Float>) -> [Float] {
    bias.indices.map { output in
      let row = weight.values[output * weight.columns..<(output + 1) * weight.columns]
      return zip(row, features).reduce(bias[output]) { $0 + $1.0 * $1.1 }
    }
  }
}
