import EPTInfer
import EPTTask

/// An encoding of a backbone against the reference, for one bundle and its rows.
struct Qualification {
  let task: TaskDefinition
  let examples: [Example]
  let candidate: EncodingFigures
  let reference: EncodingFigures
  let comparison: AnswerComparison
  /// What thresholds find with the reference and with the candidate.
  let thresholds: [(label: String, reference: ThresholdFigures, candidate: ThresholdFigures)]
  let verdicts: [QualityBudget.Verdict]

  /// Whether every limit of the budget is kept.
  var isPassed: Bool { verdicts.allSatisfy(\.isKept) }

  init(
    _ task: TaskDefinition, examples: [Example], candidate: EncodingFigures,
    reference: EncodingFigures, thresholds: [Threshold], budget: QualityBudget
  ) throws {
    self.task = task
    self.examples = examples
    self.candidate = candidate
    self.reference = reference
    comparison = AnswerComparison(
      reference: reference.probabilities, candidate: candidate.probabilities)
    let labels = examples.map(\.label)
    self.thresholds = try thresholds.map { threshold in
      guard let label = task.labels.firstIndex(where: { $0.word == threshold.label }) else {
        throw InferError.threshold(
          label: threshold.label,
          reason: "the labels are: \(task.labels.map(\.word).joined(separator: ", "))")
      }
      func figures(_ probabilities: [[Double]]) -> ThresholdFigures {
        ThresholdFigures(
          probabilities, labels: labels, label: label, threshold: Double(threshold.probability))
      }
      return (
        threshold.label, figures(reference.probabilities), figures(candidate.probabilities)
      )
    }
    var found: [QualityBudget.Limit: Double] = [
      .agreement: comparison.agreement,
      .metricLoss: reference.score.selection - candidate.score.selection,
      .calibrationRise: candidate.calibration - reference.calibration,
      .difference: comparison.largestDifference,
      .p50: candidate.milliseconds(50), .p95: candidate.milliseconds(95),
      .p99: candidate.milliseconds(99), .memory: Double(candidate.peakMemory) / 1e6,
    ]
    // Of several thresholds the worst counts.
    found[.recallLoss] = self.thresholds.compactMap { pair in
      pair.reference.recall.flatMap { old in pair.candidate.recall.map { old - $0 } }
    }.max()
    found[.falsePositiveRise] = self.thresholds.compactMap { pair in
      pair.reference.falsePositives.flatMap { old in pair.candidate.falsePositives.map { $0 - old }
      }
    }.max()
    verdicts = budget.verdicts(found)
  }
}
