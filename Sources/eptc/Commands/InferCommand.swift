import ArgumentParser
import CEPTSystem
import EPTInfer
import EPTSystem
import EPTTask
import Glibc

struct InferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer",
    abstract: "Answer a stream of records: one in, one answer out, in order.",
    discussion: """
      Reads standard input, one text a line; a task of several texts has them between tabs. \
      Answers come in order, each as soon as the lines that are there are answered. With \
      several prompts each record is answered by all of them, or by the one that its field \
      "task" names. The last digits of a probability depend on the processor's instruction set (up \
      to 2e-2 in int8, 3e-6 in f32) and on the batch (up to 4e-6). SIGHUP loads the prompts again between two lines. docs/reference/infer.md tells the rest.
      """)

  @Argument(help: ArgumentHelp("Tuned tasks.", valueName: "file.eptb"))
  var bundles: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The same as an option. May be repeated.", valueName: "file.eptb"))
  var prompt: [String] = []

  @Option(help: ArgumentHelp("A folder of tuned tasks: all in it.", valueName: "folder"))
  var prompts: String?

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var input: StreamInputOptions
  @OptionGroup var answers: AnswerOptions
  @OptionGroup var generation: GenerationOptions
  @OptionGroup var output: StreamOutputOptions

  @Option(
    help: """
      What to do about a record that cannot be answered: stop, skip (an empty answer in its \
      place) or record (what is wrong in its place).
      """)
  var onError: StreamSettings.FaultHandling = .stop

  @Option(help: "At most this many records are answered together.")
  var batch = 256

  @Flag(help: "Say nothing on standard error but errors.")
  var quiet = false

  /// The bundles that are named, in order.
  private var files: [String] { bundles + prompt }

  /// The files in the folder of bundles.
  private var promptFiles: [String] {
    prompts.map { folder in
      ((try? FolderListing.names(in: folder)) ?? []).map { "\(folder)/\($0)" }
    } ?? []
  }

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    if generation.generate, answers.choosesLabels {
      throw ValidationError(
        "--top, --probabilities, --threshold and --reject are not for --generate.")
    }
    if files.isEmpty, prompts == nil, !generation.generate {
      throw ValidationError(
        "Name a tuned task, a file.eptb that `eptc tune` wrote, or a folder of them with --prompts."
      )
    }
  }

  func run() throws {
    // CEPTStart has done so before, where the system lets it.
    _ = ept_signal_count_from_now(SIGHUP, -1)
    let target = try output.target(
      inputs: files + promptFiles + backbone.inputs + [self.input.input].compactMap { $0 },
      input: self.input.input,
      prompts: files + [prompts].compactMap { $0 })
    if let records = try target?.finishedRecords() {
      if !quiet { report("\(target?.path ?? "") is finished (\(records) records); skipped") }
      return
    }
    let input = try input.open()
    let bundles = try PromptSource(
      files: files, folder: prompts, thresholds: answers.thresholds, least: answers.reject
    ).read()
    let loaded = try LoadedBackbone(
      path: backbone.path(for: bundles.backbones), threads: backbone.threadCount,
      precision: backbone.precision)
    var settings = StreamSettings()
    settings.batch = batch
    settings.generation = generation.settings
    settings.stops = generation.stop
    settings.showsProgress = answers.style.format == .text && isatty(STDOUT_FILENO) == 1
    settings.onFault = onError
    settings.keepsFields = answers.keep
    settings.shard = output.part
    let file = try target?.begin()
    var display = StreamDisplay(
      isQuiet: quiet, inputSize: input.size, writesFile: file != nil)
    let isQuiet = quiet
    let stream = try AnswerStream(
      input, as: self.input.format, prompts: bundles, on: loaded,
      to: AnswerWriter(descriptor: file?.descriptor ?? STDOUT_FILENO, style: answers.style),
      settings: settings,
      requests: { UInt(ept_signal_count(SIGHUP)) },
      report: { outcome in StreamDisplay.show(outcome, isQuiet: isQuiet) })
    if !quiet { stream.formatFound = { report($0) } }
    do {
      let counts = try stream.run { display.show($0, bytesRead: input.position.bytes) }
      try file?.commit()
      try target?.finish(counts)
      display.end(counts)
    } catch InferError.closedOutput {
      // `eptc infer | head` is no failure.
      display.clear()
    } catch {
      display.clear()
      throw error
    }
  }
}
