import EPTData
import EPTFormat
import EPTSystem

/// Makes the definition of a task out of a labelled file: no preset, no task file.
public enum TaskDiscovery {
  /// What the caller knows; the file tells the rest.
  public struct Hints: Sendable {
    /// The task's name; nil for one after the file.
    public var name: String?
    /// The texts' columns, by name or by number from 1; empty to look for usual names.
    public var textColumns: [String]
    /// The label's column; nil for `label`, or the last one of a file without header.
    public var labelColumn: String?
    /// What the task is judged by.
    public var metric: Metric
    /// The word of the positive class; nil for class 1.
    public var positive: String?
    /// What is known of the file.
    public var reading = ReadingOptions()
    /// Whether blanks around labels are no part of them.
    public var trimsLabels = true
    /// What ends the part of a label that is the class; nil where all of it is.
    public var labelUntil: String?
    /// More classes than this are taken for a mistake about the column.
    public var mostClasses = TaskDiscovery.mostClasses
    /// What stands between the labels of a row that may have several; nil for a list, or one label.
    public var labelSeparator: String?
    /// Whether a row may have several labels, even where none has.
    public var isMultiLabel = false
    /// Whether there are development rows besides.
    public var hasDev = true
    /// Whether there are test rows besides.
    public var hasTest = false

    public init(
      name: String? = nil, textColumns: [String] = [], labelColumn: String? = nil,
      metric: Metric = .accuracy, positive: String? = nil
    ) {
      self.name = name
      self.textColumns = textColumns
      self.labelColumn = labelColumn
      self.metric = metric
      self.positive = positive
    }
  }

  /// A task with the file that it was found in.
  public struct Found: Sendable {
    /// The task.
    public let definition: TaskDefinition
    /// The file that it was found in.
    public let file: LabelledFile
    /// What may be a slip, a sentence each.
    public let warnings: [String]
  }

  /// The longest input in tokens.
  static let inputLength = 256
  /// More classes than this are taken for a mistake about the column, where nothing else is said.
  public static let mostClasses = 1000
  /// Training rows from which on validation rows are held out of them.
  static let largeSet = 10_000

  /// The definition that the rows of `train` ask for.
  ///
  /// - Throws: `TaskError.badRow`, `.noRows` or `.invalidDefinition`; `DataError` if the file
  ///   cannot be read.
  public static func definition(train: String, _ hints: Hints = Hints()) throws -> TaskDefinition {
    try find(train: train, hints).definition
  }

  /// Reads `train` and makes the definition that its rows ask for.
  ///
  /// Classes are the labels found, in numeric order if all are whole numbers, else in the order of
  /// their bytes. Rows are split by class. Of `train` alone two tenths are held out. With
  /// development rows, a set of 10 000 rows or more is split as DePT splits large sets, a smaller
  /// one as small sets.
  ///
  /// - Throws: `TaskError.badRow`, `.noRows` or `.invalidDefinition`; `DataError` if the file
  ///   cannot be read.
  public static func find(train: String, _ hints: Hints = Hints()) throws -> Found {
    let file = try LabelledFile(
      train, .found(texts: hints.textColumns, label: hints.labelColumn), hints.reading)
    let found = try FoundLabels(file, hints)
    // Of words the text is made.
    let fields = file.hasTags ? ["text"] : fieldNames(file.textColumns)
    let seed = SplitRule.standardSeed
    let holdsOut = hints.hasDev ? file.rows.count >= largeSet : hints.hasTest
    let split: SplitRule =
      holdsOut
      ? .stratifiedHeldOut(rows: SplitRule.heldOutRows, seed: seed)
      : hints.hasDev ? .stratifiedHalves(seed: seed) : .stratifiedTenths(seed: seed)
    let definition = try TaskDefinition(
      name: hints.name ?? name(after: train), fields: fields,
      template: fields.map { "\($0): {\($0)}" }.joined(separator: " "),
      segments: segments(fields), labels: found.labels, isScale: found.isScale,
      labelForm: found.form, metric: found.metric, positive: hints.positive,
      inputLength: inputLength, split: split,
      source: DataSource(
        folders: [], columns: file.textColumns, label: file.labelColumn,
        labelUntil: hints.labelUntil, records: file.hasTags ? .words : .flat,
        labelSeparator: found.form == .several ? hints.labelSeparator : nil))
    return Found(
      definition: definition, file: file,
      warnings: found.warnings + [file.emptyTexts].compactMap { $0 })
  }

  /// The file's own name, or its folder's if it is just called `train`.
  static func name(after path: String) -> String {
    let parts = path.split(separator: "/")
    let file = parts.last ?? "task"
    let stem = file.prefix { $0 != "." }
    if parts.first == "dev" || parts.first == "proc" || stem == "-" { return "task" }
    if stem == "train", parts.count > 1, parts[parts.count - 2].contains(where: { $0 != "." }) {
      let folder = String(parts[parts.count - 2])
      if folder.isPlainFileName { return folder }
    }
    return String(stem).isPlainFileName ? String(stem) : "task"
  }

  /// Names that a template can hold: the columns', or `text`, `text1`, … where one cannot.
  static func fieldNames(_ columns: [String]) -> [String] {
    let isPlain = columns.allSatisfy { column in
      Int(column) == nil && !column.isEmpty && !column.contains { "{}:".contains($0) }
    }
    if isPlain { return columns }
    return columns.count == 1 ? ["text"] : columns.indices.map { "text\($0 + 1)" }
  }

  /// One text of an encoder for each field, the third and later joined to the second.
  static func segments(_ fields: [String]) -> [String] {
    guard let first = fields.first else { return [] }
    let rest = fields.dropFirst().map { "{\($0)}" }.joined(separator: " ")
    return ["{\(first)}"] + (rest.isEmpty ? [] : [rest])
  }
}
