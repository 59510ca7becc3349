import ArgumentParser
import EPTData
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

  @Option(
    help: ArgumentHelp(
      """
      Many tasks, a JSON object of these flags a line: {"train": "a.csv", "output": "a.eptb"}. Those on the \
      command line are for all. A bundle that is there is left as it is.
      """, valueName: "tasks.jsonl"))
  var manifest: String?

  @Option(help: "Label words of the task's own (words), or 0, 1, … (digits).")
  var labels: LabelWords = .words

  @OptionGroup var location: DataOptions

  @Option(
    help: ArgumentHelp(
      """
      Training rows: CSV, TSV, JSON or fastText, gzip and zstd included, - for standard input. Without \
      --task and --task-file, the labels are those found here. Alone, a tenth of it chooses the best \
      step and a tenth is kept for `eptc eval`.
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

  @OptionGroup var files: RowFileOptions

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

  @Flag(
    inversion: .prefixedNo,
    help: "Take blanks around the labels of --train for no part of them.")
  var trim = true

  @Option(
    help: ArgumentHelp(
      """
      What stands between the labels of a row of --train that may have several, such as a comma; JSON \
      may have a list of them instead.
      """, valueName: "text"))
  var labelSeparator: String?

  @Flag(help: "Let a row have several labels or none, even where every row of --train has one.")
  var multiLabel = false

  @Option(
    help: ArgumentHelp(
      """
      Of the labels in --train, take what stands before this: with : TREC's DESC:manner is the class \
      DESC. (default: all of the label)
      """, valueName: "sign"))
  var labelUntil: String?

  @Option(help: "Most classes that a task found in --train may have.")
  var mostClasses = TaskDiscovery.mostClasses

  @Option(help: "What a task found in --train is judged by.")
  var metric: Metric?

  @Option(
    help: ArgumentHelp(
      "The class whose F1 the metrics f1_accuracy and f1a take. (default: the second)",
      valueName: "label"))
  var positive: String?

  func validate() throws {
    guard manifest == nil else {
      guard task == nil, taskFile == nil, train == nil, dev == nil, test == nil else {
        throw ValidationError("With --manifest its lines name the tasks and their rows.")
      }
      return
    }
    guard task == nil || taskFile == nil else {
      throw ValidationError("Give --task or --task-file, not both.")
    }
    guard task != nil || taskFile != nil || train != nil || dev != nil || test != nil else {
      throw ValidationError(
        "Name a task with --task or --task-file, or rows of your own with --train.")
    }
    let isFound = task == nil && taskFile == nil
    guard train != nil || (dev == nil && test == nil) else {
      throw ValidationError("--dev and --test go with --train: give that too.")
    }
    guard isFound || train == nil || dev != nil else {
      throw ValidationError("With --task or --task-file, --train and --dev go together: give both.")
    }
    guard train == nil || location.data == nil else {
      throw ValidationError("Give --data or --train, not both.")
    }
    guard [train, dev, test].count(where: { $0 == "-" }) < 2 else {
      throw ValidationError("Standard input can be one file of rows only.")
    }
    guard isFound || (labelSeparator == nil && !multiLabel) else {
      throw ValidationError(
        "--label-separator and --multi-label are for tasks found in --train; a task has its own.")
    }
    guard labelSeparator.map({ !$0.isEmpty }) ?? true else {
      throw ValidationError("--label-separator must not be empty.")
    }
    guard isFound || (metric == nil && positive == nil) else {
      throw ValidationError(
        "--metric and --positive are for tasks found in --train; a task has its own.")
    }
    guard isFound || labelUntil == nil else {
      throw ValidationError(
        "--label-until is for tasks found in --train; a task file has \"label_until\" in its source."
      )
    }
    guard labelUntil.map({ (1...64).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--label-until must have 1 to 64 bytes.")
    }
    guard (2...65_536).contains(mostClasses) else {
      throw ValidationError("--most-classes must be from 2 to 65536.")
    }
  }

  /// The task that the options name.
  struct Named {
    let definition: TaskDefinition
    /// The training rows, where the task was found in them.
    let train: LabelledFile?
    /// What may be a slip in the data.
    let warnings: [String]
  }

  /// Finds the task.
  ///
  /// - Throws: `TaskError`; `DataError` or `FormatError` if a file cannot be read.
  func find() throws -> Named {
    var definition: TaskDefinition
    var found: TaskDiscovery.Found?
    if let task {
      definition = try TaskCatalogue.task(named: task)
        .reading(text: textColumn, label: labelColumn)
    } else if let taskFile {
      definition = try TaskFile.read(taskFile).reading(text: textColumn, label: labelColumn)
    } else {
      let task = try TaskDiscovery.find(train: train ?? "", hints)
      (found, definition) = (task, task.definition)
    }
    if let dev, let test { definition = try definition.splitting(dev: dev, test: test) }
    return Named(
      definition: try definition.labelled(labels), train: found?.file,
      warnings: found?.warnings ?? [])
  }

  /// The files that the options name and that exist: no output may be one of them.
  func inputs(of definition: TaskDefinition) -> [String] {
    let named = [taskFile, train, dev, test].compactMap { $0 }
    guard train == nil, let folder = try? location.location(of: definition).folder else {
      return named
    }
    return named + ((try? FolderListing.names(in: folder)) ?? []).map { "\(folder)/\($0)" }
  }

  private var hints: TaskDiscovery.Hints {
    var hints = TaskDiscovery.Hints(
      textColumns: textColumn, labelColumn: labelColumn, metric: metric ?? .accuracy,
      positive: positive)
    hints.reading = files.reading
    hints.trimsLabels = trim
    hints.labelSeparator = labelSeparator
    hints.isMultiLabel = multiLabel
    hints.labelUntil = labelUntil
    hints.mostClasses = mostClasses
    hints.hasDev = dev != nil
    hints.hasTest = test != nil
    return hints
  }

  /// The rows of a task, and what to tell about them.
  struct Rows {
    let dataset: Dataset
    /// What the user's files were found to be, and how they are split.
    let lines: [String]
    /// What may be a slip.
    var warnings: [String] = []
  }

  /// The rows of `named`.
  ///
  /// - Throws: `TaskError`; `DataError` if a file cannot be read.
  func rows(of named: Named) throws -> Rows {
    let definition = named.definition
    guard let train else {
      return Rows(
        dataset: try Dataset(definition, in: location.location(of: definition)), lines: [])
    }
    func read(_ path: String) throws -> LabelledFile {
      try LabelledFile(path, definition, files.reading)
    }
    let trainFile = try named.train ?? read(train)
    let (devFile, testFile) = (try dev.map(read), try test.map(read))
    let dataset = try Dataset(definition, train: trainFile, dev: devFile, test: testFile)
    var titles: [String] = []
    for file in [trainFile, devFile, testFile].compactMap({ $0 }) {
      let title = "\(file.path): \(file.title)"
      if !titles.contains(title) { titles.append(title) }
    }
    return Rows(
      dataset: dataset,
      lines: [titles.joined(separator: "; ")]
        + [splitLine(definition, dataset, trainFile, devFile)].compactMap { $0 },
      warnings: Self.sameFile(trainFile, [("--dev", devFile), ("--test", testFile)]))
  }

  /// Says where rows that are learnt from are rows to judge by.
  private static func sameFile(
    _ train: LabelledFile, _ others: [(flag: String, file: LabelledFile?)]
  ) -> [String] {
    others.filter { $0.file?.digest == train.digest }.map {
      "\($0.flag) has the rows of --train; its figures say nothing about new texts"
    }
  }

  /// Which rows choose the best step, where one file is split.
  private func splitLine(
    _ definition: TaskDefinition, _ data: Dataset, _ train: LabelledFile, _ dev: LabelledFile?
  ) -> String? {
    let counts =
      "rows that choose the best step: \(data.validation.count), that give the test figure: "
      + "\(data.test.count)"
    switch definition.split {
    case .halvedDev where test == nil, .stratifiedHalves where test == nil:
      return "\(dev?.path ?? "") is halved: \(counts); --test keeps two files apart"
    case .stratifiedTenths:
      return "\(train.path) is split: rows that are learnt from: \(data.train.count), \(counts)"
    case .stratifiedHeldOut, .heldOutTrain:
      return
        "\(train.path) is split: rows of it that choose the best step: \(data.validation.count)"
    default:
      return nil
    }
  }
}

extension LabelWords: ExpressibleByArgument {}
extension Metric: ExpressibleByArgument {}
