import EPTCompute
import EPTModel
import EPTSystem
import EPTTask

/// What a solved head on the frozen states scores: what a prompt has to beat.
///
/// Few rows are enough to know it by, and the time that they take is that of some forty steps.
public struct HeadBaseline: Sendable {
  /// At most so many training rows are learnt from, and so many validation rows choose the strength.
  public static let mostRows = 4096
  /// Above so many test rows none are scored: prompt and head are compared on the validation rows.
  public static let mostTestRows = 10_000

  /// How many training rows it has learnt from.
  public let trainingRows: Int
  /// How many validation rows it was scored on.
  public let validationRows: Int
  /// Its score on the validation rows.
  public let validation: MetricScore
  /// What the most frequent class scores on them.
  public let majority: MetricScore
  let head: LinearHead
  let features: FrozenFeatures
}

extension HeadBaseline {
  /// The score of the head beside that of `outcome`'s bundle.
  public struct Comparison: Sendable, Equatable {
    /// Which rows both were scored on: `test` or `validation`.
    public let rows: String
    /// The tuned task's score.
    public let tuned: MetricScore
    /// The head's score.
    public let head: MetricScore

    /// How much better the tuned bundle is, by the mean of the metric's figures.
    public var gain: Double { tuned.selection - head.selection }
  }
}

extension SeedSweep {
  /// Whether there is a baseline: only of classes and tags is there a solved head.
  public var hasHeadBaseline: Bool { trainers.first?.hasHeadBaseline ?? false }

  /// Fits the baseline of the first seed; nil where there is none, or `shouldStop` says so.
  ///
  /// - Throws: `TrainError.notFinite`, `ModelError`.
  public func headBaseline(shouldStop: () -> Bool = { false }) throws -> HeadBaseline? {
    try trainers.first?.headBaseline(shouldStop: shouldStop)
  }

  /// The baseline beside `outcome`; nil where that was scored on no rows, or `shouldStop` says so.
  ///
  /// - Throws: `TrainError.notFinite`, `ModelError`.
  public func comparison(
    of outcome: TrainingOutcome, with baseline: HeadBaseline, shouldStop: () -> Bool = { false }
  ) throws -> HeadBaseline.Comparison? {
    try trainers.first?.comparison(of: outcome, with: baseline, shouldStop: shouldStop)
  }
}

extension Trainer {
  /// Whether a row or a word is of one class: only of classes is there a solved head.
  var hasHeadBaseline: Bool { start.head.map { $0.kind.isSolvable } ?? true }

  /// The head to beat, without weights: on a text's vector, of a pair on that of both texts as one, or on
  /// words.
  private var baselineHead: LinearHead {
    let readsWords = start.head?.features == .words
    let classes = task.labels.count
    return LinearHead(
      weight: Matrix(rows: classes, columns: model.hiddenSize),
      bias: [Float](repeating: 0, count: classes), pooling: plan.pooling ?? model.usualPooling,
      features: readsWords ? .words : .text, kind: readsWords ? .tags : .classes)
  }

  /// Fits the baseline; nil where there is none, or `shouldStop` says so.
  ///
  /// Rows are drawn by the run's seed. The two texts of a pair are one input, whatever the run makes of
  /// them.
  ///
  /// - Throws: `TrainError.notFinite`, `ModelError`.
  public func headBaseline(shouldStop: () -> Bool = { false }) throws -> HeadBaseline? {
    func drawn(_ rows: [Example], _ stream: UInt64) -> [Example] {
      guard rows.count > HeadBaseline.mostRows else { return rows }
      var random = RandomNumbers(.baseline, plan.settings.seed, stream)
      return random.shuffled(rows.count).prefix(HeadBaseline.mostRows).sorted().map { rows[$0] }
    }
    let (train, validation) = (drawn(data.train, 0), drawn(data.validation, 1))
    guard hasHeadBaseline else { return nil }
    let form = baselineHead
    let features = try FrozenFeatures(model, encoder.joined, for: form)
    guard let states = try features.rows(of: validation, shouldStop: shouldStop),
      let learnt = try features.rows(of: train, shouldStop: shouldStop)
    else { return nil }
    let labels = learnt.labels(of: train)
    guard Set(labels).count > 1 else { return nil }
    let regression = LogisticRegression(
      learnt.values, labels: labels, classes: task.labels.count, weights: classWeights,
      like: form, threads: model.threads)
    var best: (head: LinearHead, evaluation: Evaluation)?
    var last: LinearHead?
    for strength in LogisticRegression.strengths {
      guard let fit = regression.fit(strength: strength, from: last, shouldStop: shouldStop) else {
        return nil
      }
      let evaluation = Evaluation(
        scores: states.scores(fit.head), examples: validation, task: task, kind: form.kind)
      if evaluation.isBetter(than: best?.evaluation, by: .loss) { best = (fit.head, evaluation) }
      last = fit.head
    }
    return best.map {
      HeadBaseline(
        trainingRows: train.count, validationRows: validation.count,
        validation: $0.evaluation.score,
        majority: MajorityBaseline.score(validation, task), head: $0.head, features: features)
    }
  }

  /// The baseline beside `outcome`: on the test rows where those were scored and are not too many.
  ///
  /// Nil where `outcome` was scored on no rows, or `shouldStop` says so.
  ///
  /// - Throws: `TrainError.notFinite`, `ModelError`.
  public func comparison(
    of outcome: TrainingOutcome, with baseline: HeadBaseline, shouldStop: () -> Bool = { false }
  ) throws -> HeadBaseline.Comparison? {
    let record = outcome.best.training
    if let test = record.test, data.test.count <= HeadBaseline.mostTestRows {
      guard let states = try baseline.features.rows(of: data.test, shouldStop: shouldStop) else {
        return nil
      }
      let head = Evaluation(
        scores: states.scores(baseline.head), examples: data.test, task: task,
        kind: baseline.head.kind)
      return HeadBaseline.Comparison(rows: "test", tuned: test, head: head.score)
    }
    return record.validation.map {
      HeadBaseline.Comparison(rows: "validation", tuned: $0, head: baseline.validation)
    }
  }
}
