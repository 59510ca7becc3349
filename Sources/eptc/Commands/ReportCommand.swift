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
    abstract: "Write one HTML page about a tuned task: curves, confusion, gate, budget, settings.",
    discussion: """
      The page refers to no other file. The confusion matrix needs the backbone and the test rows, \
      as `eptc eval` does; without them the page says so.
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
    let model = try? backbone.path(for: [tuned.backbone])
    let inputs = [path, log, model].compactMap { $0 } + test.inputs(of: tuned)
    try OutputPath.check(output, replacing: force, inputs: inputs)
    let lock = try OutputLock(path: output)
    defer { withExtendedLifetime(lock) {} }
    let seed = tuned.training.settings["seed"]?.integer
    let losses = try log.map { try RunLog.stepLosses(path: $0, seed: seed) } ?? []
    let scored = try scored(tuned)
    let page = Report(
      tuned, confusion: scored.confusion, depthGates: scored.gates, stepLosses: losses,
      entities: scored.entities
    ).html()
    try AtomicFile.write(Array(page.utf8), to: output, replacing: force)
    report("wrote \(output)")
  }

  /// What the model says of the test rows: their counts by class or, of tags, each type's figures, and
  /// the gates of projections after blocks.
  private typealias Scored = (
    confusion: Result<ConfusionMatrix, ReportGap>, gates: Result<DepthGates, ReportGap>,
    entities: [EvaluationDetail.ClassFigures]?
  )

  /// The test rows scored, or why there are none; a file that is there but bad is an error.
  private func scored(_ tuned: TaskBundle) throws -> Scored {
    do {
      let path = try backbone.path(for: [tuned.backbone])
      let examples = try test.rows(of: tuned, path: bundle.path).examples
      let loaded = try LoadedBackbone(
        path: path, threads: backbone.threadCount, precision: backbone.precision)
      let predictor = try Predictor(tuned, path: bundle.path, on: loaded)
      let gates = try predictor.depthGates(of: examples, batch: Self.batch)
      let confusion: Result<ConfusionMatrix, ReportGap> =
        predictor.kind == .classes
        ? .success(
          ConfusionMatrix(
            scores: try predictor.scores(of: examples, batch: Self.batch), examples: examples,
            classes: tuned.task.labels.count))
        : .failure(ReportGap("Answers that are not classes have no confusion matrix."))
      let entities =
        predictor.kind == .tags
        ? EvaluationDetail(
          scores: try predictor.scores(of: examples, batch: Self.batch), examples: examples,
          task: tuned.task, kind: predictor.kind
        ).classes : nil
      return (
        confusion,
        gates.map { .success($0) } ?? .failure(ReportGap("This bundle has no gate after blocks.")),
        entities
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
