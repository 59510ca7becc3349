import EPTModel

/// Scores the questions of records, whatever their prompts, in shared batches.
struct Classifier {
  private let model: PromptedModel
  private let batchRows: Int

  init(_ model: PromptedModel, batchRows: Int) {
    self.model = model
    self.batchRows = batchRows
  }

  /// The answer to each question of each record; nil where the scores are no numbers.
  ///
  /// - Throws: `ModelError`.
  func answers(to records: [PendingRecord]) throws -> [[Answer?]] {
    var results: [[Answer?]] = records.map { _ in [] }
    var batch = SharedBatch()
    for (index, record) in records.enumerated() {
      for question in record.questions {
        if batch.rows > 0, batch.rows + record.rows(of: question) > batchRows {
          try run(batch, into: &results)
          batch = SharedBatch()
        }
        batch.append(question, of: record, index: index)
      }
    }
    try run(batch, into: &results)
    return results
  }

  private func run(_ batch: SharedBatch, into results: inout [[Answer?]]) throws {
    guard batch.rows > 0 else { return }
    let scores = try model.scores(
      batch.texts, prompts: batch.predictors.map(\.prompt), promptOfText: batch.promptOfText)
    for (text, scores) in scores.enumerated() {
      let rule = batch.predictors[batch.promptOfText[text]].rule
      results[batch.recordOfText[text]].append(Answer(scores: scores, rule: rule))
    }
  }
}

/// Texts of several prompts that pass through the model together.
private struct SharedBatch {
  private(set) var texts = TokenBatch()
  /// The prompts without repetitions, and where each stands.
  private(set) var predictors: [Predictor] = []
  private var places: [ObjectIdentifier: Int] = [:]
  private(set) var promptOfText: [Int] = []
  private(set) var recordOfText: [Int] = []
  /// Tokens and prompt rows of all texts.
  private(set) var rows = 0

  mutating func append(_ question: PendingRecord.Question, of record: PendingRecord, index: Int) {
    let predictor = record.prompts.predictors[question.place]
    let place = places[ObjectIdentifier(predictor)] ?? predictors.count
    if place == predictors.count {
      places[ObjectIdentifier(predictor)] = place
      predictors.append(predictor)
    }
    texts.append(question.tokens)
    promptOfText.append(place)
    recordOfText.append(index)
    rows += record.rows(of: question)
  }
}
