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
    public var metric: Metric

    public init(
      name: String? = nil, textColumns: [String] = [], labelColumn: String? = nil,
      metric: Metric = .accuracy
    ) {
      self.name = name
      self.textColumns = textColumns
      self.labelColumn = labelColumn
      self.metric = metric
    }
  }

  /// The longest input in tokens.
  static let inputLength = 256
  /// More classes than this are taken for a mistake about the column.
  static let mostClasses = 1000
  /// Training rows from which on validation rows are held out of them.
  static let largeSet = 10_000

  /// The definition that the rows of `train` ask for.
  ///
  /// Classes are the labels found, in numeric order if all are whole numbers, else in the order
  /// of their bytes. A set of 10 000 rows or more is split as DePT splits large ones
  /// (`held-out-train`), a smaller one as small ones (`halved-dev`).
  ///
  /// - Throws: `TaskError.badRow`, `.noRows` or `.invalidDefinition`; `FormatError` if the file
  ///   cannot be read.
  public static func definition(train: String, _ hints: Hints = Hints()) throws -> TaskDefinition {
    var survey = LabelSurvey(path: train, textColumns: hints.textColumns, label: hints.labelColumn)
    try survey.read(LabelledFile.open(train))
    let values = try classes(survey)
    let fields = fieldNames(survey.textColumns)
    return try TaskDefinition(
      name: hints.name ?? name(after: train), fields: fields,
      template: fields.map { "\($0): {\($0)}" }.joined(separator: " "),
      segments: segments(fields), labels: values.map { TaskDefinition.Label($0) },
      metric: hints.metric, inputLength: inputLength,
      split: survey.rows < largeSet
        ? .halvedDev(seed: SplitRule.standardSeed)
        : .heldOutTrain(rows: SplitRule.heldOutRows, seed: SplitRule.standardSeed),
      source: DataSource(folders: [], columns: survey.textColumns, label: survey.labelColumn))
  }

  /// The file's own name, or its folder's if it is just called `train`.
  static func name(after path: String) -> String {
    let parts = path.split(separator: "/")
    let file = parts.last ?? "task"
    let stem = file.prefix { $0 != "." }
    if stem == "train", parts.count > 1, parts[parts.count - 2].contains(where: { $0 != "." }) {
      let folder = String(parts[parts.count - 2])
      if folder.isPlainFileName { return folder }
    }
    return String(stem).isPlainFileName ? String(stem) : "task"
  }

  /// Names that a template can hold: the columns', or `text`, `text1`, … where one cannot.
  private static func fieldNames(_ columns: [String]) -> [String] {
    let isPlain = columns.allSatisfy { column in
      Int(column) == nil && !column.isEmpty && !column.contains { "{}:".contains($0) }
    }
    if isPlain { return columns }
    return columns.count == 1 ? ["text"] : columns.indices.map { "text\($0 + 1)" }
  }

  /// One text of an encoder for each field, the third and later joined to the second.
  private static func segments(_ fields: [String]) -> [String] {
    guard let first = fields.first else { return [] }
    let rest = fields.dropFirst().map { "{\($0)}" }.joined(separator: " ")
    return ["{\(first)}"] + (rest.isEmpty ? [] : [rest])
  }

  private static func classes(_ survey: LabelSurvey) throws -> [String] {
    let labels = survey.firstLines.keys.sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
    let first = survey.firstLines.values.min() ?? 1
    func fault(_ reason: String) -> TaskError {
      .badRow(path: survey.path, line: first, reason: reason)
    }
    guard labels.count > 1 else {
      throw fault(
        "every row has the label \"\(labels.first ?? "")\"; a task needs two, "
          + "is `\(survey.labelColumn)` the label's column?")
    }
    let numbers = labels.compactMap { Double($0) }
    if numbers.count == labels.count, labels.contains(where: { Int($0) == nil }) {
      throw fault(
        "the labels are numbers on a scale; write a task file with \"scale\": true, "
          + "as `eptc tasks show stsb` prints one")
    }
    let whole = labels.compactMap { Int($0) }
    guard whole.count == labels.count else { return labels }
    return zip(whole, labels).sorted { $0.0 < $1.0 }.map(\.1)
  }
}
