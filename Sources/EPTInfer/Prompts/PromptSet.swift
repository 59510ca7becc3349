import EPTTask

/// The prompts that a stream answers with, in the order of its columns.
final class PromptSet: Sendable {
  let predictors: [Predictor]
  /// Whether answers stand under their prompts' names.
  let isNested: Bool

  init(_ predictors: [Predictor], isNested: Bool) {
    self.predictors = predictors
    self.isNested = isNested
  }

  /// The places of the prompts that answer `record`.
  ///
  /// - Throws: `RecordFault`.
  func places(for record: Record) throws -> [Int] {
    guard let name = try record.task() else { return Array(predictors.indices) }
    if let place = predictors.firstIndex(where: { $0.name == name }) { return [place] }
    // A bundle may have been renamed since it was tuned; its task still knows its name.
    let sameTask = predictors.indices.filter { predictors[$0].task.name == name }
    guard sameTask.count == 1 else {
      throw RecordFault.unknownTask(name: name, prompts: predictors.map(\.name))
    }
    return sameTask
  }
}
