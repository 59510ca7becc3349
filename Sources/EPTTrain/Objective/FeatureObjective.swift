import EPTCompute
import EPTModel
import EPTTask

/// A linear head on a frozen encoder without a prompt, whatever it reads and answers.
///
/// Nothing before the head changes, so the features of each row are computed once and kept.
struct FeatureObjective: TrainingObjective {
  /// Training rows whose features are computed together.
  private static let block = 32

  private let model: PromptedModel
  private let prepared: PreparedPrompt
  private let rows: EncodedRows
  private let targets: [Target]
  /// One factor of the loss of each training row.
  private let weights: [Float]
  /// Features of the training rows, in blocks of the file's order; nil until they are needed.
  private var training: [[[Float]]?]
  private var scored: [RowSet: [Matrix]] = [:]

  /// - Throws: `ModelError` if the model cannot have `head`.
  init(
    _ model: PromptedModel, _ rows: EncodedRows, _ head: LinearHead, classWeights: [Float]? = nil
  ) throws {
    self.model = model
    self.rows = rows
    prepared = try model.prepare(nil, readout: .head(head))
    targets = rows.data.train.map { $0.target(for: head.kind, rows.task) }
    weights = rows.data.train.map { classWeights?[$0.label] ?? 1 }
    let blocks = (targets.count + Self.block - 1) / Self.block
    training = [[[Float]]?](repeating: nil, count: blocks)
  }

  mutating func gradient(
    _ parameters: TrainedParameters, rows chosen: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    var gradient = TrainedParameters.zeros(like: parameters)
    guard let head = parameters.head else { return (0, gradient) }
    let inputs = head.weight.columns
    var (weight, bias) = (gradient[.headWeight], gradient[.headBias])
    var loss = 0.0
    for row in chosen {
      let features = try features(row)
      var slope = head.outputs(features)
      let factor = weights[row]
      loss +=
        Double(factor)
        * head.kind.loss(&slope, targets[row], share: factor / Float(chosen.count))
      for output in slope.indices {
        bias[output] += slope[output]
        for input in 0..<inputs {
          weight[output * inputs + input] += slope[output] * features[input]
        }
      }
    }
    (gradient[.headWeight], gradient[.headBias]) = (weight, bias)
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
        features.append(try model.features(texts, prompt: prepared))
      }
      scored[set] = features
    }
    return (scored[set] ?? []).map { features in
      Matrix(
        rows: features.rows, columns: head.weight.rows,
        values: features.eachRow.flatMap { head.outputs($0) })
    }
  }

  /// The features of one training row.
  private mutating func features(_ row: Int) throws -> [Float] {
    let (index, place) = row.quotientAndRemainder(dividingBy: Self.block)
    if let block = training[index] { return block[place] }
    let start = index * Self.block
    let block = try model.features(
      rows.trainingTexts(start..<min(targets.count, start + Self.block)), prompt: prepared
    ).eachRow
    training[index] = block
    return block[place]
  }
}

extension LinearHead {
  /// The outputs for one row's features.
  fileprivate func outputs(_ features: [Float]) -> [Float] {
    let inputs = weight.columns
    return bias.indices.map { output in
      var sum: Float = 0
      for input in 0..<inputs { sum += weight.values[output * inputs + input] * features[input] }
      return sum + bias[output]
    }
  }
}
