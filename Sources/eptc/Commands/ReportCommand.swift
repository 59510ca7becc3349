import ArgumentParser
import EPTFormat
import EPTInfer
import EPTModel
import EPTReport
import EPTSystem
import EPTTask

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "Write one HTML page about a tuned task: confusion, classes, errors, curves, settings.",
    discussion: """
      The page refers to no other file. It shows the texts of the worst errors. Confusion, classes, reliability \
      and errors need the backbone and the test rows, as `eptc eval` does. Without them the page says so.
      """)

  @OptionGroup var bundle: BundleOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The page to write. (default: the bundle's name with .html)", valueName: "file.html"))
  var output: String?

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var test: TestRowOptions

  @Option(
    help: ArgumentHelp(
      "The run's log of `eptc tune --log`, for the loss of single steps.",
      valueName: "run.jsonl"))
  var log: String?

  @Flag(help: "Replace the output if it exists.")
  var force = false

  private static let batch = 64

  func run() throws {
    let path = bundle.path
    let tuned = try TaskBundle(path: path)
    let output =
      output ?? (path.hasSuffix(".eptb") ? String(path.dropLast(5)) : path) + ".html"
    let inputs = [path, log].compactMap { $0 } + backbone.inputs + test.inputs(of: tuned)
    try OutputPath.check(output, replacing: force, inputs: inputs)
    let lock = try OutputLock(path: output)
    defer { withExtendedLifetime(lock) {} }
    let seed = tuned.training.settings["seed"]?.integer
    let losses = try log.map { try RunLog.stepLosses(path: $0, seed: seed) } ?? []
    let start = ContinuousClock.now
    let (confusion, gates, detail) = try scored(tuned)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let page = Report(
      tuned, confusion: confusion, depthGates: gates, stepLosses: losses, detail: detail,
      circumstances: PageCircumstances.line(
        threads: detail == nil ? nil : backbone.threadCount, seconds: seconds)
    ).html()
    try AtomicFile.write(Array(page.utf8), to: output, replacing: force)
    report("wrote \(output)")
  }

  /// What the model says of the test rows: their counts by class, the gates of projections after blocks,
  /// and the figures.
  private typealias Scored = (
    confusion: Result<ConfusionMatrix, ReportGap>, gates: Result<DepthGates, ReportGap>,
    detail: EvaluationDetail?
  )

  /// The test rows scored, or why there are none; a file that is there but bad is an error.
  private func scored(_ tuned: TaskBundle) throws -> Scored {
    do {
      let path = try backbone.path(for: [tuned.backbone])
      let rows = try test.rows(of: tuned, path: bundle.path)
      let examples = rows.examples
      let loaded = try LoadedBackbone(
        path: path, threads: backbone.threadCount, precision: backbone.precision)
      let predictor = try Predictor(tuned, path: bundle.path, on: loaded)
      let gates = try predictor.depthGates(of: examples, batch: Self.batch)
      let scores = try predictor.scores(of: examples, batch: Self.batch)
      let confusion: Result<ConfusionMatrix, ReportGap> =
        predictor.kind == .classes
        ? .success(
          ConfusionMatrix(
            scores: scores, examples: examples, classes: tuned.task.labels.count))
        : .failure(ReportGap("Answers that are not classes have no confusion matrix."))
      let detail = EvaluationDetail(
        scores: scores, examples: examples, task: tuned.task, kind: predictor.kind,
        unknown: rows.unknownLabels, temperature: Double(tuned.temperature))
      return (
        confusion,
        gates.map { .success($0) } ?? .failure(ReportGap("This bundle has no gate after blocks.")),
        detail
      )
    } catch let error as CommandError {
      return gap("\(error)")
    } catch let error as TaskError {
      switch error {
      case .dataNotFound, .dataGone: return gap(FlagNames.message(error))
      default: throw error
      }
    }
  }

  private func gap(_ reason: String) -> Scored {
    report("no confusion matrix: \(reason)")
    let gap = ReportGap("No test rows were scored: \(reason).")
    return (.failure(gap), .failure(gap), nil)
  }
}
