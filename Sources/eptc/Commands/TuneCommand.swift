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

  @Option(
    help: ArgumentHelp(
      "The task: \(TaskCatalogue.names.joined(separator: ", ")).", valueName: "name"))
  var task: String

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("The bundle to write. (default: <task>.eptb)", valueName: "file.eptb"))
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Print no progress.")
  var quiet = false

  @OptionGroup(title: "Training options") var training: TrainingOptions

  func run() throws {
    let definition = try TaskCatalogue.task(named: task)
    let output = output ?? "\(definition.name).eptb"
    try OutputPath.check(output, replacing: force)
    let settings = training.settings
    let dataset = try Dataset(definition, in: data.location(of: definition))
    let loaded = try LoadedBackbone(path: backbone.path(), threads: backbone.threadCount)
    let trainer = try Trainer(
      model: loaded.model, tokenizer: loaded.tokenizer, identity: loaded.identity,
      task: definition, data: dataset, settings: settings)

    var display = TrainingDisplay(isQuiet: quiet, task: definition)
    display.begin(dataset, on: loaded.identity, plan: trainer.plan)
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
}
