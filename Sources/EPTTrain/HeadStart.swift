import EPTTask

/// The head that an encoder's training starts from: a linear probe behind the starting prompt.
///
/// A head of zeros gives the prompt no gradient, and a rough one leads it astray; so the head comes
/// first, then everything (Kumar et al., ICLR 2022). Its texts are read once, forwards only.
enum HeadStart {
  /// Steps of the probe; each reads as many rows as one block.
  private static let steps = 400
  private static let batch = 32
  private static let rate: Float = 1e-2

  /// `start` with its head trained on the first `rows` training rows of the first epoch; nil if
  /// `shouldStop` says so before the end.
  ///
  /// - Throws: `ModelError`.
  static func fit(
    _ start: TrainedParameters, _ objective: inout HeadObjective, rows: Int, of order: [Int],
    seed: UInt64, shouldStop: () -> Bool
  ) throws -> TrainedParameters? {
    var parameters = start
    let chosen = order.prefix(rows)
    guard !chosen.isEmpty, start.head != nil else { return start }
    var optimiser = AdamW(parameters, weightDecay: 0)
    let schedule = LearningRateSchedule(warmUp: 0, steps: steps)
    var batches = BatchOrder(rows: chosen.count, batch: batch, seed: seed)
    for step in 1...steps {
      if shouldStop() { return nil }
      let (_, gradient) = try objective.gradient(
        parameters, rows: batches.rows(step: step).map { chosen[$0] })
      // Only the head has a gradient: the rest stays, to the bit.
      optimiser.step(&parameters, gradient: gradient) {
        $0 == .head ? rate * schedule.factor(step) : 0
      }
    }
    return parameters
  }
}
