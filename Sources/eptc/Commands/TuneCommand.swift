import ArgumentParser
import EPTFormat
import EPTTask
import EPTTrain
import FoundationEssentials

struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Train a prompt for one task; the backbone stays as it is.",
    discussion: """
      Keeps the parameters that are best on the validation rows. The same seed and thread count \
      give the same file. Interrupted (Ctrl-C), it writes the best so far.
      """)

  @OptionGroup(title: "Task options") var task: TaskOptions
  @OptionGroup var backbone: BackboneOptions

  @Option(help: ArgumentHelp("The bundle to write. (default: <task>.eptb)", valueName: "file.eptb"))
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Print no progress.")
  var quiet = false

  @OptionGroup(title: "Training options") var training: TrainingOptions

  func run() throws {
    let definition = try task.definition()
    let output = output ?? "\(definition.name).eptb"
    try OutputPath.check(output, replacing: force)
    let settings = training.settings
    let dataset = try task.dataset(of: definition)
    let loaded = try LoadedBackbone(path: backbone.path(), threads: backbone.threadCount)
    let trainer = try Trainer(
      model: loaded.model, tokenizer: loaded.tokenizer, identity: loaded.identity,
      task: definition, data: dataset, settings: settings)

    var display = TrainingDisplay(isQuiet: quiet, task: definition)
    display.begin(dataset, on: loaded.identity, plan: trainer.plan)
    if !quiet { reportCutTexts(dataset, trainer.task, loaded) }
    let interruption = Interruption()
    let bundle = try trainer.run(
      progress: { display.show($0) }, shouldStop: { interruption.isRequested })
    try bundle.write(to: output, replacing: force)
    display.end(bundle, path: output)
    if bundle.training.isInterrupted {
      report("interrupted at step \(bundle.training.steps); \(output) holds the best so far")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
  }

  /// Says how many texts are longer than what the prompt reads.
  private func reportCutTexts(
    _ data: Dataset, _ task: TaskDefinition, _ backbone: LoadedBackbone
  ) {
    let encoder = InputEncoder(task, backbone.tokenizer, hasDecoder: backbone.model.hasDecoder)
    let rows = data.train + data.validation + data.test
    let cut = encoder.cutCount(of: rows)
    if cut > 0 {
      report(
        "\(cut) of \(rows.count) texts are longer than \(task.inputLength) tokens; "
          + "their ends are cut off (--input-length)")
    }
  }
}
