import ArgumentParser
import EPTCompute
import EPTFormat
import EPTInfer
import EPTModel
import EPTReport
import EPTSystem
import EPTTask

struct QualifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qualify",
    abstract: "Tell whether a quantised backbone does for a tuned task, against f32.",
    discussion: """
      Answers the task's test rows with two encodings of one checkpoint, and compares: agreement, changed \
      answers and how sure they were, the metric, thresholds, calibration, the time of one text, memory. \
      With a budget the exit status is 0 where all limits are kept, else 1. docs/how-to/qualify.md tells the rest.
      """)

  @OptionGroup var bundle: BundleOptions
  @OptionGroup var backbone: BackboneOptions

  @Option(
    help: ArgumentHelp(
      "The other encoding of the same checkpoint, f32 as a rule.", valueName: "file.ept"))
  var reference: String

  @OptionGroup var test: TestRowOptions

  @Option(
    help: ArgumentHelp(
      "Tell what a threshold finds. May be repeated.", valueName: "LABEL=p"))
  var threshold: [String] = []

  @Option(
    help: ArgumentHelp(
      "Limits as a JSON object: {\"agreement\": 0.99, \"p99_ms\": 20}.", valueName: "file.json"))
  var budget: String?

  @Option(
    help: ArgumentHelp(
      "One limit: agreement, metric_loss, recall_loss, false_positive_rise, calibration_rise, "
        + "difference, p50_ms, p95_ms, p99_ms or memory_mb. May be repeated.",
      valueName: "name=bound"))
  var limit: [String] = []

  @Option(help: "Rows that are scored together.")
  var batch = 64

  @Option(help: "Texts that are timed one by one.")
  var repetitions = 200

  @Option(help: ArgumentHelp("Changed answers to tell one by one.", valueName: "n"))
  var changes = 10

  @Flag(help: "Print a JSON object with all figures.")
  var json = false

  @Option(help: ArgumentHelp("Write an HTML page, too.", valueName: "file.html"))
  var html: String?

  @Flag(help: "Replace the page if it exists.")
  var force = false

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    guard (1...1_000_000).contains(repetitions) else {
      throw ValidationError("--repetitions must be from 1 to 1000000.")
    }
    guard changes >= 0 else { throw ValidationError("--changes must be 0 or more.") }
    for text in threshold where AnswerOptions.threshold(text) == nil {
      throw ValidationError("--threshold must be LABEL=p with p from 0 to 1, not \(text).")
    }
    for text in limit where Self.limit(text) == nil {
      throw ValidationError("--limit must be name=bound with a bound of 0 or more, not \(text).")
    }
  }

  private static func limit(_ text: String) -> (QualityBudget.Limit, Double)? {
    let words = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard words.count == 2, let limit = QualityBudget.Limit(rawValue: words[0]),
      let bound = Double(words[1]), bound.isFinite, bound >= 0
    else { return nil }
    return (limit, bound)
  }

  func run() throws {
    let tuned = try TaskBundle(path: bundle.path)
    guard !tuned.readout.readsWords else {
      throw CommandError.noQualification(path: bundle.path)
    }
    let budget = try limits()
    let path = try backbone.path(for: [tuned.backbone])
    let lock = try html.map { page in
      try OutputPath.check(
        page, replacing: force,
        inputs: [bundle.path, path, self.reference] + [self.budget].compactMap { $0 }
          + test.inputs(of: tuned))
      return try OutputLock(path: page)
    }
    defer { withExtendedLifetime(lock) {} }
    let rows = try test.rows(of: tuned, path: bundle.path)
    // The candidate first: the peak of memory is then its own.
    let threads = backbone.threadCount
    let candidate = try figures(tuned, path, threads, backbone.precision, rows.examples)
    let reference = try figures(tuned, self.reference, threads, nil, rows.examples)
    let result = try Qualification(
      tuned.task, examples: rows.examples, candidate: candidate, reference: reference,
      thresholds: threshold.compactMap(AnswerOptions.threshold), budget: budget)
    let report = QualificationReport(result, changes: changes)
    if let html {
      let page = QualificationPage(
        title: "\(tuned.task.name): \(report.outcome)", summary: report.agreement,
        tables: [
          ("Figures", report.figures), ("Budget", report.verdicts),
          ("Changed answers, the surest first", report.changes),
        ])
      try AtomicFile.write(Array(page.html.utf8), to: html, replacing: force)
    }
    if json {
      try StandardOutput.print(report.json)
    } else {
      try StandardOutput.print(report.text)
    }
    if !result.isPassed { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  private func limits() throws -> QualityBudget {
    var limits = QualityBudget()
    if let budget {
      let file = try MappedFile(reading: budget, limit: 1 << 20)
      do {
        limits = try QualityBudget(
          withExtendedLifetime(file) { try JSON(parsing: file.bytes) }, path: budget)
      } catch let error as JSONError {
        throw TaskError.badTaskFile(path: budget, reason: "not JSON: \(error)")
      }
    }
    for (limit, bound) in limit.compactMap(Self.limit) { limits.limits[limit] = bound }
    return limits
  }

  private func figures(
    _ tuned: TaskBundle, _ path: String, _ threads: Int, _ precision: Precision?,
    _ examples: [Example]
  ) throws -> EncodingFigures {
    let loaded = try LoadedBackbone(path: path, threads: threads, precision: precision)
    return try EncodingFigures(
      Predictor(tuned, path: bundle.path, on: loaded), path: path, examples: examples,
      batch: batch, repetitions: repetitions)
  }
}
