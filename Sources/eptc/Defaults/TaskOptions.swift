import ArgumentParser
import EPTSystem
import EPTTask

/// Which task, and where its rows are.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A preset: \(TaskCatalogue.names.joined(separator: ", ")). See `eptc tasks`.",
      valueName: "name"))
  var task: String?

  @Option(
    help: ArgumentHelp(
      "A task of your own, as `eptc tasks show` prints one.", valueName: "file.json"))
  var taskFile: String?

  @Option(help: "Label words of the task's own (words), or 0, 1, … (digits).")
  var labels: LabelWords = .words

  @OptionGroup var location: DataOptions

  @Option(
    help: ArgumentHelp(
      """
      Training rows: TSV with a header, JSONL, or text, tab, label. Without --task and \
      --task-file, the labels are those found here.
      """, valueName: "file"))
  var train: String?

  @Option(
    help: ArgumentHelp(
      "Development rows, which the task's rule splits, see `eptc tasks`.", valueName: "file"))
  var dev: String?

  @Option(
    help: ArgumentHelp(
      "Test rows; then --dev is for choosing the best step alone.", valueName: "file"))
  var test: String?

  @Option(
    help: ArgumentHelp(
      "A text's column, by name or number; once for each text. (default: text, sentence, …)",
      valueName: "column"))
  var textColumn: [String] = []

  @Option(
    help: ArgumentHelp(
      "The label's column, by name or number. (default: the task's, or label)",
      valueName: "column"))
  var labelColumn: String?

  @Option(help: "What a task found in --train is judged by.")
  var metric: Metric?

  func validate() throws {
    guard task == nil || taskFile == nil else {
      throw ValidationError("Give --task or --task-file, not both.")
    }
    guard task != nil || taskFile != nil || train != nil else {
      throw ValidationError(
        "Name a task with --task or --task-file, or rows of your own with --train and --dev.")
    }
    guard (train == nil) == (dev == nil) else {
      throw ValidationError("--train and --dev go together: give both.")
    }
    guard test == nil || train != nil else {
      throw ValidationError("--test goes with --train and --dev.")
    }
    guard train == nil || location.data == nil else {
      throw ValidationError("Give --data or --train and --dev, not both.")
    }
    guard metric == nil || (task == nil && taskFile == nil) else {
      throw ValidationError("--metric is for tasks found in --train; a task has its own.")
    }
  }

  /// The task that the options name.
  ///
  /// - Throws: `TaskError`; `FormatError` if a file cannot be read.
  func definition() throws -> TaskDefinition {
    var definition: TaskDefinition
    if let task {
      definition = try TaskCatalogue.task(named: task)
        .reading(text: textColumn, label: labelColumn)
    } else if let taskFile {
      definition = try TaskFile.read(taskFile).reading(text: textColumn, label: labelColumn)
    } else {
      definition = try TaskDiscovery.definition(
        train: train ?? "",
        TaskDiscovery.Hints(
          textColumns: textColumn, labelColumn: labelColumn, metric: metric ?? .accuracy))
    }
    if let dev, let test { definition = try definition.splitting(dev: dev, test: test) }
    return try definition.labelled(labels)
  }

  /// The files that the options name and that exist: no output may be one of them.
  func inputs(of definition: TaskDefinition) -> [String] {
    let named = [taskFile, train, dev, test].compactMap { $0 }
    guard train == nil, let folder = try? location.location(of: definition).folder else {
      return named
    }
    return named + ((try? FolderListing.names(in: folder)) ?? []).map { "\(folder)/\($0)" }
  }

  /// The rows of `definition`.
  ///
  /// - Throws: `TaskError`; `FormatError` if a file cannot be read.
  func dataset(of definition: TaskDefinition) throws -> Dataset {
    guard let train, let dev else {
      return try Dataset(definition, in: location.location(of: definition))
    }
    if let test { return try Dataset(definition, train: train, dev: dev, test: test) }
    return try Dataset(definition, train: train, dev: dev)
  }
}

extension LabelWords: ExpressibleByArgument {}
extension Metric: ExpressibleByArgument {}
