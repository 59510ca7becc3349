import CoreMetrics
import Synchronization

/// Keeps metrics, and writes them as Prometheus reads them.
///
/// The text format: https://prometheus.io/docs/instrumenting/exposition_formats/
///
/// A timer's label ends in `_seconds`, which it is written in.
final class PrometheusRegistry: MetricsFactory {
  /// The content type of `text`.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private struct Key: Hashable {
    let label: String
    /// `{name="value",…}`, empty without dimensions.
    let dimensions: String
  }

  private let series = Mutex<[Key: any PrometheusSeries]>([:])
  private let help: [String: String]

  /// Metrics whose meanings are told by `help`, by their labels.
  init(help: [String: String]) {
    self.help = help
  }

  /// All metrics, sorted by label.
  var text: String {
    let all = series.withLock { $0 }.sorted {
      ($0.key.label, $0.key.dimensions) < ($1.key.label, $1.key.dimensions)
    }
    var text = ""
    var last = ""
    for (key, series) in all {
      if key.label != last {
        if let help = help[key.label] { text += "# HELP \(key.label) \(help)\n" }
        text += "# TYPE \(key.label) \(series.kind)\n"
        last = key.label
      }
      series.write(key.label, key.dimensions, to: &text)
    }
    return text
  }

  /// The series of `label` and `dimensions`, which `make` makes if there is none of its type.
  private func series<Series: PrometheusSeries>(
    _ label: String, _ dimensions: [(String, String)], _ make: () -> Series
  ) -> Series {
    let key = Key(label: label, dimensions: Self.text(of: dimensions))
    return series.withLock { all in
      if let series = all[key] as? Series { return series }
      let series = make()
      all[key] = series
      return series
    }
  }

  private func remove(_ handler: AnyObject) {
    series.withLock { all in
      all = all.filter { ($0.value as AnyObject) !== handler }
    }
  }

  /// Dimensions as `{name="value",…}`.
  private static func text(of dimensions: [(String, String)]) -> String {
    guard !dimensions.isEmpty else { return "" }
    let pairs = dimensions.map { name, value in
      let escaped = value.map { character -> String in
        switch character {
        case "\\": "\\\\"
        case "\"": "\\\""
        case "\n": "\\n"
        default: String(character)
        }
      }
      return "\(name)=\"\(escaped.joined())\""
    }
    return "{\(pairs.joined(separator: ","))}"
  }

  // MARK: MetricsFactory

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions) { PrometheusCounter() }
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) { PrometheusGauge() }
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? series(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.sizes) }
      : series(label, dimensions) { PrometheusGauge() }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.seconds) }
  }

  func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
