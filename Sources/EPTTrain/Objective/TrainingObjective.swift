import EPTCompute
import EPTModel
import EPTTask
import EPTText

/// What training minimises, and how rows are scored meanwhile.
protocol TrainingObjective {
  /// The mean loss over `rows` of the training rows, and its gradient.
  mutating func gradient(
    _ parameters: TrainedParameters, rows: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters)

  /// One number a row and class, a matrix a batch, or of words a matrix a row; nil if `shouldStop` says so
  /// before the end.
  mutating func scores(
    _ parameters: TrainedParameters, of set: RowSet, shouldStop: () -> Bool
  ) throws -> [Matrix]?
}

/// Rows that are scored, not learnt from.
enum RowSet {
  case validation
  case test
}

/// A data set's rows as the backbone reads them.
struct EncodedRows {
  let data: Dataset
  let encoder: InputEncoder
  /// Rows that are scored together.
  let batch: Int

  var task: TaskDefinition { encoder.task }

  /// The texts of some training rows.
  func trainingTexts(_ rows: some Sequence<Int>) -> TokenBatch {
    TokenBatch(rows.map { encoder.tokens(data.train[$0].values) })
  }

  /// All rows of `set`, batch by batch.
  func batches(_ set: RowSet) -> [TokenBatch] {
    let examples = set == .validation ? data.validation : data.test
    return stride(from: 0, to: examples.count, by: batch).map { start in
      TokenBatch(
        examples[start..<min(examples.count, start + batch)].map { encoder.tokens($0.values) })
    }
  }
}

/// A prompt in front of the frozen backbone, and its read-out.
struct PromptObjective: TrainingObjective {
  let model: PromptedModel
  let rows: EncodedRows
  let labelTokens: [[Int32]]
  /// One factor of the loss of each class's rows; nil for 1.
  private let classWeights: [Float]?
  /// Tokenized once, since they are scored again and again.
  private let validation: [TokenBatch]

  init(
    _ model: PromptedModel, _ rows: EncodedRows, labelTokens: [[Int32]],
    classWeights: [Float]? = nil
  ) {
    self.model = model
    self.classWeights = classWeights
    self.rows = rows
    self.labelTokens = labelTokens
    validation = rows.batches(.validation)
  }

  func gradient(
    _ parameters: TrainedParameters, rows chosen: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    let readout = parameters.readout(labelTokens)
    let result = try model.step(
      rows.trainingTexts(chosen),
      targets: chosen.map { rows.data.train[$0].target(for: readout.kind, rows.task) },
      classWeights: classWeights, prompt: parameters.prompt, readout: readout)
    return (result.loss, TrainedParameters(prompt: result.prompt, head: result.head))
  }

  func scores(
    _ parameters: TrainedParameters, of set: RowSet, shouldStop: () -> Bool
  ) throws -> [Matrix]? {
    let prompt = try model.prepare(
      parameters.prompt.folded(), readout: parameters.readout(labelTokens))
    var scores: [Matrix] = []
    for texts in set == .validation ? validation : rows.batches(set) {
      if shouldStop() { return nil }
      scores += try model.scoreMatrices(texts, prompt: prompt)
    }
    return scores
  }
}

extension TrainedParameters {
  /// How these parameters read the backbone's states.
  func readout(_ labelTokens: [[Int32]]) -> Readout {
    head.map { .head($0) } ?? .labelWords(labelTokens)
  }
}
