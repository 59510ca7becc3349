import CoreMetrics
import Synchronization

/// The numbers of one metric with one set of dimensions.
protocol PrometheusSeries: AnyObject, Sendable {
  /// What Prometheus calls metrics of this kind.
  var kind: String { get }
  /// Appends the lines of the series; `dimensions` is `{…}` or empty.
  func write(_ label: String, _ dimensions: String, to text: inout String)
}

/// A number that only grows.
final class PrometheusCounter: PrometheusSeries, CounterHandler {
  private let value = Mutex<Int64>(0)

  var kind: String { "counter" }

  func increment(by amount: Int64) {
    value.withLock { value in
      let (sum, isOver) = value.addingReportingOverflow(max(0, amount))
      value = isOver ? .max : sum
    }
  }

  func reset() { value.withLock { $0 = 0 } }

  func write(_ label: String, _ dimensions: String, to text: inout String) {
    text += "\(label)\(dimensions) \(value.withLock { $0 })\n"
  }
}

/// A number that grows and shrinks.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
  private let value = Mutex(0.0)

  var kind: String { "gauge" }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }

  func write(_ label: String, _ dimensions: String, to text: inout String) {
    text += "\(label)\(dimensions) \(value.withLock { $0 })\n"
  }
}

/// How often values were at most as large as each of some bounds.
final class PrometheusHistogram: PrometheusSeries, RecorderHandler, TimerHandler {
  /// Bounds for times.
  static let seconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
  /// Bounds for numbers of things.
  static let sizes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]

  private struct Counts {
    /// For each bound, the values that are at most so large and above the bound before.
    var buckets: [Int]
    var count = 0
    var sum = 0.0
  }

  private let bounds: [Double]
  private let counts: Mutex<Counts>

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Mutex(Counts(buckets: bounds.map { _ in 0 }))
  }

  var kind: String { "histogram" }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    counts.withLock { counts in
      if let place = bounds.firstIndex(where: { value <= $0 }) { counts.buckets[place] += 1 }
      counts.count += 1
      counts.sum += value
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func write(_ label: String, _ dimensions: String, to text: inout String) {
    let counts = counts.withLock { $0 }
    let shared = dimensions.isEmpty ? "" : dimensions.dropFirst().dropLast() + ","
    var sum = 0
    for (bound, count) in zip(bounds, counts.buckets) {
      sum += count
      text += "\(label)_bucket{\(shared)le=\"\(bound)\"} \(sum)\n"
    }
    text += "\(label)_bucket{\(shared)le=\"+Inf\"} \(counts.count)\n"
    text += "\(label)_sum\(dimensions) \(counts.sum)\n"
    text += "\(label)_count\(dimensions) \(counts.count)\n"
  }
}
