import EPTTask

/// How often answers of a probability are right: a bar a bin beside the line where both are equal.
struct ReliabilityDiagram {
  private let bins: [CalibrationError.Bin]
  private let error: Double

  private let width = 480.0
  private let height = 260.0
  // Margins.
  private let left = 46.0
  private let right = 12.0
  private let top = 8.0
  private let bottom = 40.0

  /// Nil where answers have no probabilities, or there are none.
  init?(_ detail: EvaluationDetail) {
    guard let error = detail.calibrationError, detail.reliability.contains(where: { $0.count > 0 })
    else { return nil }
    bins = detail.reliability
    self.error = error
  }

  var html: String {
    let most = Double(bins.map(\.count).max() ?? 1)
    func x(_ share: Double) -> Double { left + share * (width - left - right) }
    func y(_ share: Double) -> Double { top + (1 - share) * (height - top - bottom) }
    var parts = [
      "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"Reliability diagram\">"
    ]
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      parts.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(at(y(tick)))\" y2=\"\(at(y(tick)))\"/>"
          + "<text x=\"\(left - 8)\" y=\"\(at(y(tick) + 4))\" text-anchor=\"end\">\(decimal(tick * 100, 0))</text>"
          + "<text x=\"\(at(x(tick)))\" y=\"\(height - bottom + 18)\" text-anchor=\"middle\">\(decimal(tick, 2))</text>"
      )
    }
    let step = (width - left - right) / Double(bins.count)
    for (index, bin) in bins.enumerated() where bin.count > 0 {
      let share = Double(bin.right) / Double(bin.count)
      let title =
        "\(grouped(bin.count)) answer\(bin.count == 1 ? "" : "s"), mean probability "
        + "\(decimal(bin.probability / Double(bin.count), 3)), \(MetricScore.percent(share)) % right"
      // Pale where few answers are, but never too pale to be seen; a share of 0 has a thin line.
      let height = max(1.5, y(0) - y(share))
      parts.append(
        "<rect class=\"f1\" fill-opacity=\"\(decimal(0.25 + 0.75 * Double(bin.count) / most, 3))\" "
          + "x=\"\(at(x(0) + step * Double(index) + 1))\" y=\"\(at(y(0) - height))\" width=\"\(at(step - 2))\" "
          + "height=\"\(at(height))\" rx=\"2\"><title>\(title)</title></rect>")
    }
    parts.append(
      "<line class=\"dashed\" x1=\"\(at(x(0)))\" y1=\"\(at(y(0)))\" x2=\"\(at(x(1)))\" y2=\"\(at(y(1)))\"/>"
        + "<text x=\"\(at(x(0.5)))\" y=\"\(height - 5)\" text-anchor=\"middle\">probability of the answer</text>"
    )
    return "<ul class=\"legend\"><li><span class=\"key p1\"></span>right answers, %</li>"
      + "<li>- - calibrated</li></ul>\n"
      + parts.joined(separator: "\n") + "</svg>"
      + "\n<p class=\"small\">Expected calibration error \(MetricScore.percent(error)) %. "
      + "Strong colour: many answers.</p>"
  }

  /// A coordinate to a tenth.
  private func at(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
