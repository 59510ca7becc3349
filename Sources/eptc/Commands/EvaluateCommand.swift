import ArgumentParser
import EPTFormat
import EPTInfer
import EPTSystem
import EPTTask

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Score a tuned task on its test rows, beside the majority class.",
    discussion: """
      The test rows are those that tuning never saw, by the bundle's own split rule. The interval holds \
      the figure in 95 of 100 samples drawn from the rows (bootstrap, always the same).
      """)

  @OptionGroup var bundle: BundleOptions
  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var test: TestRowOptions

  @Option(help: "Rows that are scored together.")
  var batch = 64

  @Flag(help: "Print precision, recall, F1 and rows of each class.")
  var perClass = false

  @Flag(help: "Print how often each class was taken for each.")
  var confusion = false

  @Option(
    help: ArgumentHelp(
      "Print the worst wrong answers: truth, answer, its probability, the texts.",
      valueName: "n"))
  var errors: Int?

  @Flag(help: "Print a JSON object with all figures.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    guard errors.map({ (1...65_536).contains($0) }) ?? true else {
      throw ValidationError("--errors must be from 1 to 65536.")
    }
  }

  func run() throws {
    let tuned = try TaskBundle(path: bundle.path)
    let rows = try test.rows(of: tuned, path: bundle.path)
    let loaded = try LoadedBackbone(
      path: backbone.path(for: [tuned.backbone]), threads: backbone.threadCount,
      precision: backbone.precision)
    let predictor = try Predictor(tuned, path: bundle.path, on: loaded)
    guard predictor.kind == .classes || !confusion else {
      throw CommandError.noConfusion(path: bundle.path)
    }
    let scores = try predictor.scores(of: rows.examples, batch: batch)
    let detail = EvaluationDetail(
      scores: scores, examples: rows.examples, task: tuned.task, kind: predictor.kind,
      unknown: rows.unknownLabels, temperature: Double(tuned.temperature))
    let report = EvaluationReport(
      detail, task: tuned.task, majority: MajorityBaseline.score(rows.examples, tuned.task),
      rows: rows.examples.count, mistakes: errors ?? 0)
    if json {
      try StandardOutput.print(report.json)
    } else {
      try StandardOutput.print(report.line)
      if perClass { try StandardOutput.print(report.classTable) }
      if confusion { try StandardOutput.print(report.confusionTable) }
      if errors != nil { try StandardOutput.print(report.mistakeTable) }
    }
    if detail.evaluation.predictedClasses == 1, rows.examples.haveDifferentAnswers {
      eptc.report(
        "warning: every row got the same answer; the prompt has collapsed to one class")
    }
  }
}
