import EPTCompute
import EPTModel
import EPTTask

extension Trainer {
  /// Fits the head for one strength after another, and scores the best by validation loss on the test
  /// rows.
  ///
  /// What a run by steps calls a step is a strength here: the head of one is where the search for the
  /// next begins. `save` is given the state after each.
  func solve(
    from state: TrainingRun.State?, _ hooks: Hooks, save: (TrainingRun.State) throws -> Void
  ) throws -> TrainingOutcome {
    var run =
      state.map { TrainingRun(plan: plan, state: $0) } ?? TrainingRun(plan: plan, start: start)
    let majority = MajorityBaseline.score(data.validation, task)
    let validation = try vectors(of: data.validation, run, hooks, majority)
    var isInterrupted = validation == nil
    if let validation, !run.isOver {
      isInterrupted =
        try !solve(&run, validation: validation, majority: majority, hooks, save: save)
    }
    var test: Evaluation?
    let head = run.chosen.parameters.head
    if !isInterrupted, !data.test.isEmpty, let head {
      let features = try vectors(of: data.test, run, hooks, majority)
      test = features.map {
        Evaluation(scores: $0.scores(head), examples: data.test, task: task, kind: head.kind)
      }
      isInterrupted = test == nil
    }
    if isInterrupted { try save(run.state) }
    func temperature(_ candidate: TrainingRun.Candidate) -> Float {
      guard candidate.evaluation != nil, let validation, let head = candidate.parameters.head else {
        return 1
      }
      return self.temperature(of: validation.scores(head))
    }
    return outcome(
      run, isInterrupted: isInterrupted, majority: majority, test: test,
      temperatures: (temperature(run.chosen), temperature(run.last)))
  }

  /// Goes through the strengths that are left; false where the run was stopped before the last.
  private func solve(
    _ run: inout TrainingRun, validation: FrozenFeatures.Rows, majority: MetricScore,
    _ hooks: Hooks,
    save: (TrainingRun.State) throws -> Void
  ) throws -> Bool {
    guard let features = try vectors(of: data.train, run, hooks, majority) else { return false }
    let labels = features.labels(of: data.train)
    let regression = LogisticRegression(
      features.values, labels: labels, classes: task.labels.count, weights: classWeights,
      like: start.head, threads: model.threads)
    while !run.isOver {
      guard
        let fit = regression.fit(
          strength: LogisticRegression.strengths[run.step], from: run.parameters.head,
          shouldStop: hooks.shouldStop)
      else { return false }
      try run.take(fit)
      hooks.progress(run.progress(.step, majority: majority))
      let evaluation = Evaluation(
        scores: validation.scores(fit.head), examples: data.validation, task: task,
        kind: fit.head.kind)
      let isBest = try run.record(evaluation)
      hooks.progress(run.progress(.evaluation(evaluation, isBest: isBest), majority: majority))
      try save(run.state)
    }
    return true
  }

  private func vectors(
    of rows: [Example], _ run: TrainingRun, _ hooks: Hooks, _ majority: MetricScore
  ) throws -> FrozenFeatures.Rows? {
    guard let head = start.head else { return nil }
    return try FrozenFeatures(model, encoder, for: head).rows(
      of: rows,
      progress: { done in
        hooks.progress(
          run.progress(.reading(rows: done, of: rows.count), majority: majority))
      }, shouldStop: hooks.shouldStop)
  }
}
