import EPTCompute
import EPTModel
import EPTTask

/// A linear head on the words of a frozen encoder without a prompt, trained by steps.
///
/// Nothing before the head changes, so the states of each row's words are computed once and kept.
struct WordObjective: TrainingObjective {
  /// Training rows whose states are computed together.
  private static let block = 32

  private let model: PromptedModel
  private let prepared: PreparedPrompt
  private let rows: EncodedRows
  /// The states of the words of the training rows, `[words, d]` each, in blocks of the file's order; nil
  /// until they are needed.
  private var training: [[Matrix]?]
  /// The same of rows that are scored.
  private var scored: [RowSet: [Matrix]] = [:]

  /// - Throws: `ModelError` if the model cannot have `head`.
  init(_ model: PromptedModel, _ rows: EncodedRows, _ head: LinearHead) throws {
    self.model = model
    self.rows = rows
    prepared = try model.prepare(nil, readout: .head(head))
    let blocks = (rows.data.train.count + Self.block - 1) / Self.block
    training = [[Matrix]?](repeating: nil, count: blocks)
  }

  /// The loss of a row is the mean over its words.
  mutating func gradient(
    _ parameters: TrainedParameters, rows chosen: [Int]
  ) throws -> (loss: Float, gradient: TrainedParameters) {
    var gradient = TrainedParameters.zeros(like: parameters)
    guard let head = parameters.head else { return (0, gradient) }
    let inputs = head.weight.columns
    var (weight, bias) = (gradient[.headWeight], gradient[.headBias])
    var loss = 0.0
    for row in chosen {
      let states = try states(row)
      guard states.rows > 0 else { continue }
      let outputs = head.scores(states).eachRow
      let share = 1 / Float(chosen.count * states.rows)
      for (word, tag) in zip(outputs.indices, rows.data.train[row].labels) {
        var slope = outputs[word]
        loss += Double(share) * HeadKind.classes.loss(&slope, .label(tag), share: share)
        let state = states.values[word * inputs..<(word + 1) * inputs]
        for output in slope.indices {
          bias[output] += slope[output]
          for (input, value) in zip(output * inputs..<(output + 1) * inputs, state) {
            weight[input] += slope[output] * value
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
      var states: [Matrix] = []
      for texts in rows.batches(set) {
        if shouldStop() { return nil }
        states += try self.states(texts)
      }
      scored[set] = states
    }
    return (scored[set] ?? []).map { states in
      states.rows > 0 ? head.scores(states) : Matrix(rows: 0, columns: head.weight.rows)
    }
  }

  /// The states of the words of one training row.
  private mutating func states(_ row: Int) throws -> Matrix {
    let (index, place) = row.quotientAndRemainder(dividingBy: Self.block)
    if let block = training[index] { return block[place] }
    let start = index * Self.block
    let end = min(rows.data.train.count, start + Self.block)
    let block = try states(rows.trainingTexts(start..<end))
    training[index] = block
    return block[place]
  }

  /// The states of the words of `texts`, a matrix a row.
  private func states(_ texts: TokenBatch) throws -> [Matrix] {
    let states = try model.features(texts, prompt: prepared)
    var next = 0
    return texts.wordStarts.map { words in
      defer { next += words.count * states.columns }
      return Matrix(
        rows: words.count, columns: states.columns,
        values: Array(states.values[next..<next + words.count * states.columns]))
    }
  }
}
