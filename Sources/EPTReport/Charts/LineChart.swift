/// Curves over training steps, drawn as SVG.
struct LineChart {
  /// One curve.
  struct Series {
    let name: String
    /// 1 or 2: which of the page's colours.
    let colour: Int
    /// Drawn thinly, without a key, and cut off where it leaves the others' range.
    var isFaint = false
    let points: [(x: Double, y: Double)]
  }

  let label: String
  let series: [Series]
  /// A dashed line at a height, with its name; named alone where it is outside of the curves' range.
  var level: (name: String, y: Double)?
  /// A ring around one point.
  var mark: (name: String, x: Double, y: Double)?
  /// How heights are written.
  var format: (Double) -> String = { decimal($0) }

  private let width = 480.0
  private let height = 260.0
  // Margins.
  private let left = 46.0
  private let right = 12.0
  private let top = 8.0
  private let bottom = 30.0

  var svg: String {
    let points = series.filter { !$0.isFaint }.flatMap(\.points)
    guard let lastX = points.map(\.x).max() else { return "" }
    let ticksY = ticksY
    let ticksX = Self.ticks(0, max(1, lastX), about: 5).filter { $0 <= max(1, lastX) }
    let (low, high) = (ticksY.first ?? 0, ticksY.last ?? 1)
    func x(_ value: Double) -> Double {
      left + value / max(1, lastX) * (width - left - right)
    }
    func y(_ value: Double) -> Double {
      top + (high - value) / max(1e-12, high - low) * (height - top - bottom)
    }
    var lines = [
      "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(escaped(label))\">"
    ]
    let clip = "clip-" + label.filter(\.isLetter)
    lines.append(
      "<clipPath id=\"\(clip)\"><rect x=\"\(left)\" y=\"\(top)\" width=\"\(width - left - right)\" "
        + "height=\"\(height - top - bottom)\"/></clipPath>")
    for tick in ticksY {
      lines.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(at(y(tick)))\" y2=\"\(at(y(tick)))\"/>"
          + "<text x=\"\(left - 8)\" y=\"\(at(y(tick) + 4))\" text-anchor=\"end\">\(format(tick))</text>"
      )
    }
    for tick in ticksX {
      lines.append(
        "<text x=\"\(at(x(tick)))\" y=\"\(height - bottom + 18)\" text-anchor=\"middle\">\(decimal(tick, 0))</text>"
      )
    }
    if let level, low <= level.y, level.y <= high {
      lines.append(
        "<line class=\"dashed\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(at(y(level.y)))\" y2=\"\(at(y(level.y)))\">"
          + "<title>\(escaped("\(level.name) \(format(level.y))"))</title></line>")
    }
    for curve in series where !curve.points.isEmpty {
      let path = curve.points.map { "\(at(x($0.x))),\(at(y($0.y)))" }.joined(separator: " ")
      lines.append(
        "<polyline class=\"curve s\(curve.colour)\(curve.isFaint ? " faint" : "")\" clip-path=\"url(#\(clip))\" points=\"\(path)\"/>"
      )
      guard !curve.isFaint else { continue }
      for point in curve.points {
        lines.append(
          "<circle class=\"f\(curve.colour)\" cx=\"\(at(x(point.x)))\" cy=\"\(at(y(point.y)))\" r=\"2.5\">"
            + "<title>\(escaped("step \(decimal(point.x, 0)): \(curve.name) \(format(point.y))"))</title></circle>"
        )
      }
    }
    if let mark {
      lines.append(
        "<circle class=\"ring\" cx=\"\(at(x(mark.x)))\" cy=\"\(at(y(mark.y)))\" r=\"6\">"
          + "<title>\(escaped(mark.name))</title></circle>")
    }
    lines.append("</svg>")
    return legend + lines.joined(separator: "\n")
  }

  private var legend: String {
    var items = series.filter { !$0.isFaint && !$0.points.isEmpty }.map {
      "<li><span class=\"key p\($0.colour)\"></span>\(escaped($0.name))</li>"
    }
    items += series.filter(\.isFaint).map { "<li>thin: \(escaped($0.name))</li>" }
    if let level {
      let ticks = ticksY
      let place =
        level.y < ticks.first ?? level.y
        ? ", below the axis" : level.y > ticks.last ?? level.y ? ", above the axis" : ""
      items.append("<li>- - \(escaped("\(level.name) \(format(level.y))\(place)"))</li>")
    }
    if let mark { items.append("<li>○ \(escaped(mark.name))</li>") }
    return "<ul class=\"legend\">\(items.joined())</ul>\n"
  }

  /// The heights that are named: round ones that the curves fit between.
  private var ticksY: [Double] {
    let heights = series.filter { !$0.isFaint }.flatMap { $0.points.map(\.y) }
    return Self.ticks(heights.min() ?? 0, heights.max() ?? 1, about: 5)
  }

  /// A coordinate to a tenth.
  private func at(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// Round numbers from at most `low` to at least `high`, 1, 2 or 5 times a power of ten apart.
  static func ticks(_ low: Double, _ high: Double, about count: Int) -> [Double] {
    let span = high - low
    guard span.isFinite, low.isFinite, span > 1e-9 else { return [low - 0.5, low, low + 0.5] }
    var power = 1.0
    while power > span { power /= 10 }
    while power * 10 <= span { power *= 10 }
    let step =
      [0.1, 0.2, 0.5, 1, 2, 5].map { $0 * power }
      .first { span / $0 <= Double(count) } ?? power
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    return (Int(first)...Int(last)).map { Double($0) * step }
  }
}
