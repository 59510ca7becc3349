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

  @Argument(help: ArgumentHelp("The bundle.", valueName: "file.eptb"))
  var bundle: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The page to write. (default: the bundle's name with .html)", valueName: "file.html"))
  var output: String?

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp("Take the test rows from this file instead.", valueName: "file"))
  var test: String?

  @Option(
    help: ArgumentHelp(
      "The run's log of `eptc tune --log`, for the loss of single steps.",
      valueName: "run.jsonl"))
  var log: String?

  @Flag(help: "Replace the output if it exists.")
  var force = false

  private static let batch = 64

  func run() throws {
    let tuned = try TaskBundle(path: bundle)
    let output =
      output ?? (bundle.hasSuffix(".eptb") ? String(bundle.dropLast(5)) : bundle) + ".html"
    let inputs = [bundle, log, test, try? backbone.path()].compactMap { $0 }
    try OutputPath.check(output, replacing: force, inputs: inputs)
    let lock = try OutputLock(path: output)
    defer { withExtendedLifetime(lock) {} }
    let seed = tuned.training.settings["seed"]?.integer
    let losses = try log.map { try RunLog.stepLosses(path: $0, seed: seed) } ?? []
    let page = Report(tuned, confusion: try confusion(tuned), stepLosses: losses).html()
    try AtomicFile.write(Array(page.utf8), to: output, replacing: force)
    report("wrote \(output)")
  }

  /// The test rows by class, or why there are none; a file that is there but bad is an error.
  private func confusion(_ tuned: TaskBundle) throws -> Result<ConfusionMatrix, ReportGap> {
    do {
      let path = try backbone.path()
      let examples =
        try test.map { try Dataset.read($0, tuned.task) }
        ?? Dataset.test(tuned.task, in: data.location(of: tuned.task))
      let loaded = try LoadedBackbone(
        path: path, threads: backbone.threadCount, precision: backbone.precision)
      let predictor = try Predictor(tuned, path: bundle, on: loaded)
      let scores = try stride(from: 0, to: examples.count, by: Self.batch).map { start in
        let rows = examples[start..<min(start + Self.batch, examples.count)]
        return try predictor.scores(rows.map(\.values))
      }
      return .success(
        ConfusionMatrix(
          scores: scores, examples: examples, classes: tuned.task.labels.count))
    } catch let error as CommandError {
      return gap("\(error)")
    } catch let error as TaskError {
      guard case .dataNotFound = error else { throw error }
      return gap(FlagNames.message(error))
    }
  }

  private func gap(_ reason: String) -> Result<ConfusionMatrix, ReportGap> {
    report("no confusion matrix: \(reason)")
    return .failure(ReportGap("No test rows were scored: \(reason)."))
  }
}
