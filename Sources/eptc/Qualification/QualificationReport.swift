import EPTFormat
import EPTTask

/// What `qualify` tells.
struct QualificationReport {
  private let result: Qualification
  /// How many changed answers are told one by one.
  private let shown: Int

  init(_ result: Qualification, changes: Int) {
    self.result = result
    shown = changes
  }

  /// The figures, side by side: name, reference, candidate.
  var figures: [[String]] {
    let (old, new) = (result.reference, result.candidate)
    var rows = [["", "reference", "candidate"]]
    rows.append(["file", old.path, new.path])
    for (before, after) in zip(old.score.figures, new.score.figures) {
      rows.append(
        [before.name, MetricScore.percent(before.value), MetricScore.percent(after.value)])
    }
    rows.append(
      [
        "calibration error", Figures.decimals(old.calibration, 4),
        Figures.decimals(new.calibration, 4),
      ])
    for threshold in result.thresholds {
      rows.append(
        [
          "recall of \(threshold.label)", percent(threshold.reference.recall),
          percent(threshold.candidate.recall),
        ])
      rows.append(
        [
          "false positives of \(threshold.label)", percent(threshold.reference.falsePositives),
          percent(threshold.candidate.falsePositives),
        ])
    }
    for rank in [50, 95, 99] {
      rows.append(
        [
          "p\(rank) of one text, ms", Figures.decimals(old.milliseconds(rank), 2),
          Figures.decimals(new.milliseconds(rank), 2),
        ])
    }
    rows.append(["peak memory, MB", "", Figures.decimals(Double(new.peakMemory) / 1e6, 1)])
    return rows
  }

  /// How the answers differ, in one line.
  var agreement: String {
    let comparison = result.comparison
    return "agreement \(MetricScore.percent(comparison.agreement)) on \(comparison.rows) rows, "
      + "\(comparison.changes.count) changed; probabilities differ by "
      + "\(Figures.decimals(comparison.meanDifference, 4)) on average, "
      + "\(Figures.decimals(comparison.largestDifference, 4)) at most"
  }

  /// The changed answers of which the reference was surest: name, answers, margins, text.
  var changes: [[String]] {
    let words = result.task.labels.map(\.word)
    let rows = result.comparison.changes.prefix(shown).map { change in
      [
        words[change.reference], Figures.decimals(change.referenceMargin, 4),
        words[change.candidate], Figures.decimals(change.candidateMargin, 4),
        String(result.examples[change.row].values.joined(separator: " | ").prefix(80)),
      ]
    }
    return [["reference", "margin", "candidate", "margin", "text"]] + rows
  }

  /// The budget's limits: name, bound, figure, whether it is kept.
  var verdicts: [[String]] {
    [["limit", "bound", "figure", "verdict"]]
      + result.verdicts.map {
        [
          $0.limit.rawValue, "\($0.bound)",
          $0.figure.isNaN ? "none" : Figures.decimals($0.figure, 4),
          $0.isKept ? "kept" : "exceeded",
        ]
      }
  }

  /// `passed`, `failed`, or that nothing was to be kept.
  var outcome: String {
    result.verdicts.isEmpty ? "no budget was given" : result.isPassed ? "passed" : "failed"
  }

  /// All of it for people.
  var text: String {
    var parts = [TextTable(figures, numbers: [1, 2]).text, agreement]
    if !result.comparison.changes.isEmpty, shown > 0 {
      parts.append(TextTable(changes, numbers: [1, 3]).text)
    }
    if !result.verdicts.isEmpty { parts.append(TextTable(verdicts, numbers: [1, 2]).text) }
    return (parts + [outcome]).joined(separator: "\n\n")
  }

  /// All of it for programs.
  var json: JSON {
    let words = result.task.labels.map(\.word)
    return [
      "task": .string(result.task.name), "rows": .integer(result.comparison.rows),
      "reference": json(result.reference), "candidate": json(result.candidate),
      "agreement": .number(result.comparison.agreement),
      "mean_difference": .number(result.comparison.meanDifference),
      "largest_difference": .number(result.comparison.largestDifference),
      "changes": .array(
        result.comparison.changes.map {
          [
            "row": .integer($0.row + 1), "reference": .string(words[$0.reference]),
            "candidate": .string(words[$0.candidate]),
            "reference_margin": .number($0.referenceMargin),
            "candidate_margin": .number($0.candidateMargin),
          ]
        }),
      "thresholds": .array(
        result.thresholds.map {
          [
            "label": .string($0.label), "reference": json($0.reference),
            "candidate": json($0.candidate),
          ]
        }),
      "budget": .array(
        result.verdicts.map {
          [
            "limit": .string($0.limit.rawValue), "bound": .number($0.bound),
            "figure": .number($0.figure), "kept": .bool($0.isKept),
          ]
        }),
      "passed": .bool(result.isPassed),
    ]
  }

  private func json(_ figures: EncodingFigures) -> JSON {
    [
      "file": .string(figures.path),
      "metric": .object(
        figures.score.figures.map { JSONMember($0.name, .number($0.value)) }),
      "calibration_error": .number(figures.calibration),
      "p50_ms": .number(figures.milliseconds(50)), "p95_ms": .number(figures.milliseconds(95)),
      "p99_ms": .number(figures.milliseconds(99)),
    ]
  }

  private func json(_ figures: ThresholdFigures) -> JSON {
    [
      "recall": figures.recall.map { .number($0) } ?? .null,
      "false_positives": figures.falsePositives.map { .number($0) } ?? .null,
    ]
  }

  private func percent(_ share: Double?) -> String {
    share.map { MetricScore.percent($0) } ?? "none"
  }
}
