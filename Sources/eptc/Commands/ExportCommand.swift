import ArgumentParser
import EPTTask

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a tuned prompt for other tools: PEFT's prompt tuning.",
    discussion: """
      Exact for prompts without a low-rank pair (--method pt, or --rank 0); one with a pair or with \
      projections after blocks (--depth) is refused, since PEFT has no place for them.
      """)

  @OptionGroup var bundle: BundleOptions

  @Option(
    help: ArgumentHelp(
      "Write adapter_config.json and adapter_model.safetensors here.", valueName: "folder"))
  var peft: String

  @Option(
    help: ArgumentHelp(
      "base_model_name_or_path in the configuration. (default: the backbone's name)",
      valueName: "name"))
  var baseModel: String?

  @Flag(help: "Replace files that are there.")
  var force = false

  func run() throws {
    let tuned = try TaskBundle(path: bundle.path)
    try PEFTExport.write(
      tuned, from: bundle.path, to: peft, baseModel: baseModel, replacing: force)
    report("wrote \(peft): \(tuned.prompt.shape.promptLength) rows for \(tuned.backbone)")
  }
}
