import EPTTask

/// Loss of the training and of the validation rows, over the steps.
struct LossCurves {
  let history: TrainingHistory
  let steps: [StepLoss]

  /// More points than a screen can show apart.
  static let mostPoints = 400

  /// At most so many of the evaluations, the last among them.
  static func shown(_ points: [TrainingHistory.Point]) -> [TrainingHistory.Point] {
    let step = max(1, (points.count + mostPoints - 1) / mostPoints)
    return points.indices.filter { (points.count - 1 - $0) % step == 0 }.map { points[$0] }
  }

  var html: String {
    let points = Self.shown(history.points)
    guard points.count > 1 else {
      return note("This bundle keeps no history: it was folded, or tuned by an older version.")
    }
    let training = points.compactMap { point in
      point.trainingLoss.map { (x: Double(point.step), y: $0) }
    }
    let validation = points.map { (x: Double($0.step), y: $0.validationLoss) }
    var series = [
      LineChart.Series(name: "training", colour: 1, points: training),
      LineChart.Series(name: "validation", colour: 2, points: validation),
    ]
    if !steps.isEmpty {
      series.insert(
        LineChart.Series(name: "single steps", colour: 1, isFaint: true, points: thinned), at: 0)
    }
    return LineChart(label: "Training and validation loss by step", series: series).svg
      + "\n<p class=\"small\">Training: label words under the full vocabulary, or the head's classes; "
      + "validation: a softmax over the classes' scores.</p>" + table(points)
  }

  /// Means of neighbouring steps, so many that a screen can show them.
  private var thinned: [(x: Double, y: Double)] {
    let size = max(1, (steps.count + Self.mostPoints - 1) / Self.mostPoints)
    return stride(from: 0, to: steps.count, by: size).map { start in
      let part = steps[start..<min(start + size, steps.count)]
      let sum = part.reduce(into: (x: 0.0, y: 0.0)) {
        $0 = ($0.x + Double($1.step), $0.y + $1.loss)
      }
      return (sum.x / Double(part.count), sum.y / Double(part.count))
    }
  }

  private func table(_ points: [TrainingHistory.Point]) -> String {
    let names = points[0].score.figures.map(\.name)
    let head = (["step", "training", "validation"] + names)
      .map { "<th class=\"n\">\(escaped($0))</th>" }.joined()
    let rows = points.map { point -> String in
      let cells =
        [
          grouped(point.step), point.trainingLoss.map { decimal($0, 4) } ?? "–",
          decimal(point.validationLoss, 4),
        ] + point.score.figures.map(\.text)
      return "<tr>" + cells.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
    }
    return
      "\n<details><summary>\(points.count < history.points.count ? "\(points.count) of \(grouped(history.points.count))" : "All") evaluations</summary><table><tr>\(head)</tr>\n"
      + rows.joined(separator: "\n") + "</table></details>"
  }
}

/// The metric on the validation rows, over the steps, beside the majority class's.
struct MetricCurves {
  private let record: TrainingRecord

  init(_ record: TrainingRecord) {
    self.record = record
  }

  /// A figure times 100, an error as it is.
  private func drawn(_ figure: MetricScore.Figure) -> Double {
    figure.isError ? figure.value : figure.value * 100
  }

  var html: String {
    let points = LossCurves.shown(record.history.points)
    guard points.count > 1 else {
      return note("This bundle keeps no history: it was folded, or tuned by an older version.")
    }
    let names = points[0].score.figures.prefix(2).map(\.name)
    let series = names.enumerated().map { index, name in
      LineChart.Series(
        name: name, colour: index + 1,
        points: points.compactMap { point in
          guard index < point.score.figures.count else { return nil }
          return (x: Double(point.step), y: drawn(point.score.figures[index]))
        })
    }
    let best = record.history.points.first { $0.step == record.bestStep }
    let chart = LineChart(
      label: "Validation metric by step", series: series,
      level: record.validationMajority.figures.first.map {
        ("majority, \($0.name)", drawn($0))
      },
      mark: best.flatMap { point in
        point.score.figures.first.map {
          ("kept: step \(point.step)", Double(point.step), drawn($0))
        }
      }, format: { decimal($0, 2) })
    return chart.svg
  }
}
