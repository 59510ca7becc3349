import ArgumentParser
import EPTFormat
import EPTTask
import EPTTrain

struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Train a prompt for one task; the backbone stays as it is.",
    discussion: """
      Keeps the parameters that are best on the validation rows. The same seed gives the same file \
      on processors with the same instruction set; others round otherwise, and a solved head depends on \
      OpenBLAS too (docs/reference/limits.md). \
      Interrupted (Ctrl-C), it writes the best so far. A checkpoint beside the output, written at \
      each evaluation and removed at the end, lets --resume go on after any interruption, to the \
      same file as an unbroken run.
      """)

  @OptionGroup(title: "Task options") var task: TaskOptions
  @OptionGroup(title: "Many tasks") var many: ManifestOptions
  @OptionGroup var backbone: BackboneOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The bundle to write. (default: <task>.eptb)", valueName: "file.eptb"))
  var output: String?

  @Option(
    help: """
      Number type of the bundle's tensors: f32, f16 or q8. Scores in it are those of f32.
      """)
  var type: BundleNumbers = .f32

  @Flag(help: "Replace the output if it exists, and forget an unfinished run.")
  var force = false

  @Flag(help: "Go on with an unfinished run, if there is one; the other flags must be the same.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Steps between checkpoints, beside those at evaluations. (default: only those)",
      valueName: "steps"))
  var checkpointEvery: Int?

  @Flag(help: "Write the last step's parameters too, as <output>.last.eptb.")
  var keepLast = false

  @Option(
    help: ArgumentHelp(
      "Write steps and evaluations as JSON, one object a line.", valueName: "run.jsonl"))
  var log: String?

  @Flag(help: "Do not fit a head first, as what the prompt has to beat.")
  var noBaseline = false

  @Flag(help: "Print the plan, every choice made, as JSON, and train nothing.")
  var dryRun = false

  @Flag(
    help: "Print no progress, and one line of result: path, metric and figure, tabs between.")
  var quiet = false

  @OptionGroup(title: "Training options") var training: TrainingOptions
  @OptionGroup var start: StartOptions

  func validate() throws {
    if let checkpointEvery, !(1...1 << 24).contains(checkpointEvery) {
      throw ValidationError("--checkpoint-every must be from 1 to 16777216.")
    }
  }

  func run() throws {
    guard let manifest = task.manifest else {
      try tune()
      return
    }
    try TuneManifest(
      path: manifest, common: ManifestOptions.commonArguments, part: many.part
    ).run(isQuiet: quiet)
  }

  /// Tunes one task; with `--quiet` `printsResult` says whether its line goes to standard output.
  ///
  /// `inputs` are files besides the task's own that no output may be.
  func tune(printsResult: Bool = true, sparing inputs: [String] = []) throws {
    let named = try task.find()
    let definition = named.definition
    let files = dryRun ? nil : try files(definition, sparing: inputs)
    let rows = try task.rows(of: named)
    let dataset = rows.dataset
    if !quiet, !dryRun { for line in rows.lines { report(line) } }
    for warning in named.warnings + rows.warnings { report("warning: \(warning)") }
    let loaded = try LoadedBackbone(
      path: backbone.path(), threads: backbone.threadCount, precision: backbone.precision)
    let startingPrompt = try start.prompt(for: definition, on: loaded.identity)
    let classWeights = try training.weights(for: definition)
    let pairs = training.pairs(
      isPair: definition.segments.count > 1, hasHead: !loaded.model.hasDecoder)
    let trainers = try pairs.flatMap { pair in
      try training.runSeeds.map { seed in
        var settings = training.settings
        settings.seed = seed
        settings.pair = pair
        settings.precision = backbone.precision
        settings.classWeights = classWeights
        return try Trainer(
          model: loaded.model, tokenizer: loaded.tokenizer, identity: loaded.identity,
          task: definition, data: dataset, settings: settings, start: startingPrompt,
          backbonePooling: loaded.pooling)
      }
    }
    guard let first = trainers.first else { return }
    let summary = PlanSummary(first, on: loaded.identity)
    guard let files else {
      try StandardOutput.print(summary.json, indented: true)
      return
    }
    let sweep = SeedSweep(trainers, weights: loaded.digest)
    let checkpoint =
      files.resumes ? try TrainingCheckpoint(path: files.checkpoint, of: sweep) : nil
    var display = TrainingDisplay(
      isQuiet: quiet, seeds: training.runSeeds.count, triesPairs: pairs.count > 1)
    display.begin(summary)
    if !quiet { reportCutTexts(dataset, first, loaded) }
    if let checkpoint { display.resume(checkpoint) }
    try train(
      sweep, from: checkpoint, on: loaded, files, summary, &display, printsResult: printsResult)
  }

  /// The run's files, none of which is one that it reads.
  private func files(_ definition: TaskDefinition, sparing inputs: [String]) throws -> RunFiles {
    try RunFiles(
      output: output ?? "\(definition.name).eptb", keepLast: keepLast, log: log,
      inputs: inputs + backbone.inputs + task.inputs(of: definition) + start.inputs
        + training.inputs,
      resuming: resume,
      replacing: force)
  }

  private func train(
    _ sweep: SeedSweep, from checkpoint: TrainingCheckpoint?, on backbone: LoadedBackbone,
    _ files: RunFiles, _ summary: PlanSummary, _ display: inout TrainingDisplay,
    printsResult: Bool
  ) throws {
    let log = try files.log.map { path in
      try TrainingLog(path: path, runs: sweep.runs, resuming: checkpoint)
    }
    if checkpoint == nil { log?.write(summary.logLine) }
    let interruption = Interruption()
    let baseline = try baseline(sweep, display, log: log, isNew: checkpoint == nil, interruption)
    var checkpoints = CheckpointWriter(path: files.checkpoint)
    let outcomes = try withoutActuallyEscaping(
      { (progress: TrainingProgress) in
        display.show(progress)
        log?.write(progress)
      },
      do: { show in
        try sweep.run(
          from: checkpoint,
          Trainer.Hooks(progress: show, shouldStop: { interruption.isRequested }),
          checkpointInterval: checkpointEvery
        ) {
          try backbone.requireUnchanged()
          checkpoints.write($0)
        }
      })
    guard let best = outcomes.bestByValidation else { return }
    try backbone.requireUnchanged()

    let isInterrupted = outcomes.contains { $0.best.training.isInterrupted }
    try files.write(best, as: type, isInterrupted: isInterrupted)
    for outcome in outcomes { log?.write(outcome) }
    let alike = outcomes.filter { $0.readsApart == best.readsApart }
    if alike.count > 1 { log?.write(alike) }
    display.end(outcomes, best: best, path: files.output, rows: sweep.validationRows)
    if let baseline, !isInterrupted,
      let comparison = try sweep.comparison(
        of: best, with: baseline, shouldStop: { interruption.isRequested })
    {
      display.compare(comparison, method: training.method)
      log?.write(comparison)
    }
    if quiet, printsResult {
      try StandardOutput.print(columns: ResultLine(best, path: files.output).columns)
    }
    if isInterrupted {
      report(
        "interrupted at step \(outcomes.last?.best.training.steps ?? 0); \(files.output) holds the "
          + "best so far" + (checkpoints.isCurrent ? "; --resume goes on" : ""))
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
  }

  /// Fits the head that the prompt has to beat, and tells its score.
  ///
  /// Nothing is fitted where nobody would be told.
  private func baseline(
    _ sweep: SeedSweep, _ display: TrainingDisplay, log: TrainingLog?, isNew: Bool,
    _ interruption: Interruption
  ) throws -> HeadBaseline? {
    guard !noBaseline, training.method != .head, !quiet || log != nil else { return nil }
    guard sweep.hasHeadBaseline else {
      if !quiet { report("no head to beat is fitted: it is solved for classes and tags alone") }
      return nil
    }
    guard
      let baseline = try sweep.headBaseline(shouldStop: { interruption.isRequested })
    else { return nil }
    display.show(baseline)
    if isNew { log?.write(baseline) }
    return baseline
  }

  /// Says how many texts are longer than what the prompt reads.
  private func reportCutTexts(
    _ data: Dataset, _ trainer: Trainer, _ backbone: LoadedBackbone
  ) {
    let task = trainer.task
    let encoder = InputEncoder(
      task, backbone.tokenizer, for: backbone.model,
      isApart: trainer.plan.head?.readsApart ?? false)
    let rows = data.train + data.validation + data.test
    let cut = encoder.cutCount(of: rows)
    if cut > 0 {
      report(
        "\(cut) of \(rows.count) texts are longer than \(task.inputLength) tokens; "
          + "their ends are cut off (--input-length)")
    }
  }
}
