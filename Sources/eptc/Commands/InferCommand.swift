import ArgumentParser
import EPTInfer
import EPTTask
import Glibc

struct InferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer",
    abstract: "Answer lines: one text in, one label out.",
    discussion: """
      Reads standard input, one text a line; a task of several texts has them between tabs. \
      Answers come in order, each as soon as the lines that are there are answered.
      """)

  @Option(help: ArgumentHelp("The tuned task.", valueName: "file.eptb"))
  var prompt: String

  @OptionGroup var backbone: BackboneOptions

  @Option(
    help: """
      How to answer: text (the label), tsv (label, tab, probability) or jsonl (all labels' \
      probabilities).
      """)
  var format: AnswerFormat = .text

  @Option(help: "At most this many lines are answered together.")
  var batch = 64

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
  }

  func run() throws {
    let bundle = try TaskBundle(path: prompt)
    let loaded = try LoadedBackbone(path: backbone.path(), threads: backbone.threadCount)
    let stream = AnswerStream(
      try Predictor(bundle, path: prompt, on: loaded),
      from: LineReader(descriptor: STDIN_FILENO, name: "stdin"),
      to: AnswerWriter(
        descriptor: STDOUT_FILENO, format: format, labels: bundle.task.labels.map(\.word)),
      batch: batch)
    do {
      _ = try stream.run()
    } catch InferError.closedOutput {
      // `eptc infer | head` is no failure.
    }
  }
}

extension AnswerFormat: ExpressibleByArgument {}
