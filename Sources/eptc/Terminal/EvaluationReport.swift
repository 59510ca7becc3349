import EPTFormat
import EPTTask

/// What `eval` tells of the answers to labelled rows.
struct EvaluationReport {
  private let detail: EvaluationDetail
  private let task: TaskDefinition
  private let majority: MetricScore
  private let rows: Int
  private let mistakes: ArraySlice<EvaluationDetail.Mistake>

  /// Beyond so many classes a matrix has no room; the pairs that occur are listed.
  private static let mostInMatrix = 20

  /// `mistakes` is how many wrong answers are told.
  init(
    _ detail: EvaluationDetail, task: TaskDefinition, majority: MetricScore, rows: Int,
    mistakes: Int
  ) {
    self.detail = detail
    self.task = task
    self.majority = majority
    self.rows = rows
    self.mistakes = detail.mistakes.prefix(mistakes)
  }

  /// `mood: accuracy 91.20 on 500 rows (majority 52.00), 95 % interval: accuracy 88.60 to 93.60,
  /// calibration error 2.31`.
  var line: String {
    let intervals = detail.intervals.map {
      let kind = MetricScore.Figure($0.name, $0.low)
      return "\($0.name) \(kind.text) to \(kind.text(of: $0.high))"
    }
    let positive = task.positiveClass.map { ", positive class \(task.labels[$0].word)" } ?? ""
    return "\(task.name): \(detail.evaluation.score) on \(rows) rows (majority \(majority))"
      + "\(positive), 95 % interval: \(intervals.joined(separator: ", "))"
      + (detail.calibrationError.map { ", calibration error \(MetricScore.percent($0))" } ?? "")
  }

  /// One line a class.
  var classTable: String {
    let rows = detail.classes.map {
      [
        plain($0.label), MetricScore.percent($0.precision), MetricScore.percent($0.recall),
        MetricScore.percent($0.f1), "\($0.support)",
      ]
    }
    return TextTable(
      [["class", "precision", "recall", "F1", "rows"]] + rows, numbers: [1, 2, 3, 4]
    ).text
  }

  /// A matrix of few classes, the pairs that occur of many.
  var confusionTable: String {
    let labels = detail.classes.map(\.label)
    guard labels.count <= Self.mostInMatrix else {
      let pairs = detail.confusion.map { [plain($0.truth), plain($0.answer), "\($0.count)"] }
      return TextTable([["truth", "answer", "rows"]] + pairs, numbers: [2]).text
    }
    let answers = task.labels.map(\.word)
    let rows = labels.map { truth in
      [plain(truth)]
        + answers.map { answer in
          "\(detail.confusion.first { $0.truth == truth && $0.answer == answer }?.count ?? 0)"
        }
    }
    return TextTable(
      [["truth \\ answer"] + answers.map(plain)] + rows, numbers: Set(1...answers.count)
    ).text
  }

  /// The worst mistakes, tab-separated with a header.
  var mistakeTable: String {
    let lines = mistakes.map { mistake in
      ([mistake.truth, mistake.answer, mistake.probability.map { Figures.decimals($0, 4) } ?? ""]
        + mistake.texts)
        .map(plain).joined(separator: "\t")
    }
    return ([(["truth", "answer", "probability"] + task.fields).joined(separator: "\t")] + lines)
      .joined(separator: "\n")
  }

  /// All of it.
  var json: JSON {
    var members: [JSONMember] = [
      JSONMember("task", .string(task.name)), JSONMember("rows", .integer(rows)),
      JSONMember("metric", figures(detail.evaluation.score)),
      JSONMember("majority", figures(majority)),
      JSONMember("loss", .number(detail.evaluation.loss)),
      JSONMember("calibration_error", detail.calibrationError.map { .number($0) } ?? .null),
      JSONMember(
        "interval_95",
        .object(
          detail.intervals.map {
            JSONMember($0.name, ["low": .number($0.low), "high": .number($0.high)])
          })),
    ]
    if let positive = task.positiveClass {
      members.append(JSONMember("positive", .string(task.labels[positive].word)))
    }
    members.append(
      JSONMember(
        "per_class",
        .array(
          detail.classes.map {
            [
              "label": .string($0.label), "precision": .number($0.precision),
              "recall": .number($0.recall), "f1": .number($0.f1), "support": .integer($0.support),
            ]
          })))
    members.append(
      JSONMember(
        "confusion",
        .array(
          detail.confusion.map {
            [
              "truth": .string($0.truth), "answer": .string($0.answer), "rows": .integer($0.count),
            ]
          })))
    members.append(JSONMember("errors", .array(mistakes.map(json))))
    return .object(members)
  }

  private func json(_ mistake: EvaluationDetail.Mistake) -> JSON {
    [
      "truth": .string(mistake.truth), "answer": .string(mistake.answer),
      "probability": mistake.probability.map { .number($0) } ?? .null,
      "truth_probability": mistake.truthProbability.map { .number($0) } ?? .null,
      "texts": .object(zip(task.fields, mistake.texts).map { JSONMember($0, .string($1)) }),
    ]
  }

  private func figures(_ score: MetricScore) -> JSON {
    .object(score.figures.map { JSONMember($0.name, .number($0.value)) })
  }

  /// A text without tabs, line ends and other control characters.
  private func plain(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      line.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return line
  }
}
