import EPTCompute
import EPTModel
import EPTTask
import Glibc

/// A linear head on a frozen encoder without a prompt, trained by steps: the linear probe.
///
/// Nothing before the head changes, so each text's mean state is computed once and kept.
struct HeadObjective: TrainingObjective {
  /// Training rows whose states are computed together.
  private static let block = 32

  private let model: PromptedModel
  /// No prompt, and the identity as the head: what it scores are mean states.
  private let features: PreparedPrompt
  private let rows: EncodedRows
  /// One factor of the loss of each class's rows; nil for 1.
  private let classWeights: [Float]?
  /// Where each training row stands in the first epoch.
  ///
  /// Rows are computed in blocks of this order: a run needs them so, and a run that is resumed
  /// computes the same blocks, with the same rounding.
  private let places: [Int]
  private let order: [Int]
  /// Mean states of the training rows, `[block, d]` each; nil until they are needed.
  private var training: [Matrix?]
  private var scored: [RowSet: [Matrix]] = [:]

  /// An objective whose first epoch runs in the order of `seed`.
  ///
  /// - Throws: `ModelError` if the model can have no head.
  init(
    _ model: PromptedModel, _ rows: EncodedRows, pooling: Pooling = .mean,
    classWeights: [Float]? = nil, seed: UInt64
  ) throws {
    self.model = model
    self.classWeights = classWeights
    self.rows = rows
    let hiddenSize = model.hiddenSize
    var identity = LinearHead(
      weight: Matrix(rows: hiddenSize, columns: hiddenSize),
      bias: [Float](repeating: 0, count: hiddenSize),
      pooling: pooling)
    for index in 0..<hiddenSize { identity.weight.values[index * (hiddenSize + 1)] = 1 }
    features = try model.prepare(nil, readout: .head(identity))
    order = BatchOrder.epoch(0, rows: rows.data.train.count, seed: seed)
    var places = order
    for (place, row) in order.enumerated() { places[row] = place }
    self.places = places
    training = [Matrix?](repeating: nil, count: (order.count + Self.block - 1) / Self.block)
  }

  mutating func gradient(
    _ parameters: TrainedParameters, rows chosen: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    var gradient = TrainedParameters.zeros(like: parameters)
    guard let head = parameters.head else { return (0, gradient) }
    let (classes, hiddenSize) = (head.weight.rows, head.weight.columns)
    var sums = [Float](repeating: 0, count: classes * hiddenSize)
    var bias = [Float](repeating: 0, count: classes)
    var loss = 0.0
    for row in chosen {
      let features = try trainingFeatures(row)
      var slope = Self.logits(features, head)
      let label = rows.data.train[row].label
      let weight = classWeights?[label] ?? 1
      let share = weight / Float(chosen.count)
      // Cross-entropy's gradient takes the logits' place: weight · (softmax - one-hot) / rows.
      let most = slope.max() ?? 0
      let shifted = slope[label] - most
      for index in slope.indices { slope[index] = exp(slope[index] - most) }
      let total = slope.reduce(0, +)
      loss += Double(weight * (log(total) - shifted))
      for index in slope.indices { slope[index] *= share / total }
      slope[label] -= share
      for index in 0..<classes {
        bias[index] += slope[index]
        for column in 0..<hiddenSize {
          sums[index * hiddenSize + column] += slope[index] * features[column]
        }
      }
    }
    gradient.head = LinearHead(
      weight: Matrix(rows: classes, columns: hiddenSize, values: sums), bias: bias)
    return (Float(loss / Double(chosen.count)), gradient)
  }

  mutating func scores(
    _ parameters: TrainedParameters, of set: RowSet, shouldStop: () -> Bool
  ) throws -> [Matrix]? {
    guard let head = parameters.head else { return [] }
    if scored[set] == nil {
      var features: [Matrix] = []
      for texts in rows.batches(set) {
        if shouldStop() { return nil }
        features.append(try model.scores(texts, prompt: self.features))
      }
      scored[set] = features
    }
    return (scored[set] ?? []).map { features in
      let logits = (0..<features.rows).flatMap { Self.logits(Self.row($0, of: features), head) }
      return Matrix(rows: features.rows, columns: head.weight.rows, values: logits)
    }
  }

  /// The mean state of one training row, `[d]`.
  private mutating func trainingFeatures(_ row: Int) throws -> [Float] {
    let (index, place) = places[row].quotientAndRemainder(dividingBy: Self.block)
    if let features = training[index] { return Self.row(place, of: features) }
    let start = index * Self.block
    let features = try model.scores(
      rows.trainingTexts(order[start..<min(order.count, start + Self.block)]),
      prompt: self.features)
    training[index] = features
    return Self.row(place, of: features)
  }

  private static func row(_ index: Int, of matrix: Matrix) -> [Float] {
    Array(matrix.values[index * matrix.columns..<(index + 1) * matrix.columns])
  }

  /// One logit a class.
  private static func logits(_ features: [Float], _ head: LinearHead) -> [Float] {
    let hiddenSize = head.weight.columns
    return head.bias.indices.map { index in
      var sum: Float = 0
      for column in 0..<hiddenSize {
        sum += head.weight.values[index * hiddenSize + column] * features[column]
      }
      return sum + head.bias[index]
    }
  }
}
