import ArgumentParser
import EPTFormat
import EPTInfer
import EPTSystem
import EPTTask

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Score a tuned task on its test rows, beside the majority class.",
    discussion: "The test rows are those that tuning never saw, by the bundle's own split rule.")

  @Option(help: ArgumentHelp("The tuned task.", valueName: "file.eptb"))
  var prompt: String

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Score all rows of this file instead, laid out like the training rows.", valueName: "file"))
  var test: String?

  @Option(help: "Rows that are scored together.")
  var batch = 64

  @Flag(help: "Print a JSON object.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
  }

  func run() throws {
    let bundle = try TaskBundle(path: prompt)
    let examples =
      try test.map { try Dataset.read($0, bundle.task) }
      ?? Dataset.test(bundle.task, in: data.location(of: bundle.task))
    let loaded = try LoadedBackbone(
      path: backbone.path(), threads: backbone.threadCount, precision: backbone.precision)
    let predictor = try Predictor(bundle, path: prompt, on: loaded)
    let evaluation = try predictor.evaluate(examples, batch: batch)
    let majority = MajorityBaseline.score(examples, bundle.task)
    if json {
      let result: JSON = [
        "task": .string(bundle.task.name), "rows": .integer(examples.count),
        "metric": figures(evaluation.score), "majority": figures(majority),
        "loss": .number(evaluation.loss),
      ]
      try StandardOutput.print(result.serialized())
    } else {
      try StandardOutput.print(
        "\(bundle.task.name.printable): \(evaluation.score) on \(examples.count) rows (majority \(majority))"
      )
    }
    if evaluation.predictedClasses == 1 {
      report("warning: every row got the same answer; the prompt has collapsed to one class")
    }
  }

  private func figures(_ score: MetricScore) -> JSON {
    .object(score.figures.map { JSONMember($0.name, .number($0.value)) })
  }
}
