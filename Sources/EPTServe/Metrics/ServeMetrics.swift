import CoreMetrics

/// What the server counts.
final class ServeMetrics: Sendable {
  private enum Label {
    static let requests = "eptc_http_requests_total"
    static let requestSeconds = "eptc_http_request_duration_seconds"
    static let texts = "eptc_texts_total"
    static let cutTexts = "eptc_texts_cut_total"
    static let waitingTexts = "eptc_texts_waiting"
    static let batchTexts = "eptc_batch_texts"
    static let batchSeconds = "eptc_batch_duration_seconds"
    static let reloads = "eptc_bundle_reloads_total"
    static let processorSeconds = "process_cpu_seconds_total"
    static let memory = "process_resident_memory_bytes"
  }

  private let registry = PrometheusRegistry(help: [
    Label.requests: "Requests that were answered, by route and status.",
    Label.requestSeconds: "Seconds from a request's header to its answer.",
    Label.texts: "Texts that were answered, by task.",
    Label.cutTexts: "Texts that were longer than is read, by task.",
    Label.waitingTexts: "Texts that wait now.",
    Label.batchTexts: "Texts that were answered together.",
    Label.batchSeconds: "Seconds that the model took for a batch.",
    Label.reloads: "Bundles that were loaded, removed or failed to load while the server ran.",
    Label.memory: "Bytes of memory that the process has in use.",
  ])

  private let batchTexts: Recorder
  private let batchSeconds: Timer

  init() {
    batchTexts = Recorder(label: Label.batchTexts, factory: registry)
    batchSeconds = Timer(label: Label.batchSeconds, factory: registry)
  }

  func count(request route: String, status: Int, took: Duration) {
    Counter(
      label: Label.requests, dimensions: [("route", route), ("status", "\(status)")],
      factory: registry
    ).increment()
    Timer(label: Label.requestSeconds, dimensions: [("route", route)], factory: registry)
      .recordNanoseconds(took.nanoseconds)
  }

  /// Counts texts of `task`, some of them `cut`.
  func count(texts: Int, cut: Int, task: String) {
    let dimensions = [("task", task)]
    Counter(label: Label.texts, dimensions: dimensions, factory: registry).increment(by: texts)
    Counter(label: Label.cutTexts, dimensions: dimensions, factory: registry).increment(by: cut)
  }

  /// Counts a batch of so many texts.
  func count(batch: Int, took: Duration) {
    batchTexts.record(batch)
    batchSeconds.recordNanoseconds(took.nanoseconds)
  }

  /// Counts what came of reading a bundle again.
  func count(reload outcome: String) {
    Counter(label: Label.reloads, dimensions: [("outcome", outcome)], factory: registry)
      .increment()
  }

  /// All numbers as Prometheus reads them, with `waiting` texts in the queue.
  func text(waiting: Int) -> String {
    Meter(label: Label.waitingTexts, factory: registry).set(waiting)
    Meter(label: Label.memory, factory: registry).set(ProcessFigures.memory)
    // The library's counters count whole numbers.
    return registry.text + """
      # HELP \(Label.processorSeconds) Seconds of processor time that the process has used.
      # TYPE \(Label.processorSeconds) counter
      \(Label.processorSeconds) \(ProcessFigures.processorSeconds)

      """
  }
}

extension Duration {
  /// The duration in nanoseconds, at most what fits.
  fileprivate var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isOverToo) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return isOver || isOverToo ? .max : sum
  }
}
