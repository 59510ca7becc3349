import EPTData
import EPTSystem

/// The classes that a file's labels are.
struct LabelSurvey {
  /// In numeric order if all are whole numbers, else in the order of their bytes.
  let classes: [String]
  /// What may be a slip, a sentence each.
  let warnings: [String]

  /// Looks at the labels of all rows of `file`.
  ///
  /// - Throws: `TaskError.badRow` for labels that cannot be classes.
  init(_ file: LabelledFile, _ hints: TaskDiscovery.Hints) throws {
    func fault(_ line: Int, _ reason: String, _ remedy: Remedy? = nil) -> TaskError {
      .badRow(path: file.path, line: line, reason: reason, remedy: remedy)
    }
    // Each label with the line of its first row, and its rows.
    var found: [ByteName: (line: Int, rows: Int)] = [:]
    for row in file.rows {
      let part = LabelText.part(of: row.label, until: hints.labelUntil)
      let label = hints.trimsLabels ? ColumnNames.trimmed(part) : part
      guard !LabelText.isMissing(ColumnNames.trimmed(label)) else {
        throw fault(
          row.line,
          label.isEmpty
            ? "an empty label; remove the row, or name its class"
            : "the label is \"\(label)\", a missing value as pandas writes it; remove the row, or name "
              + "its class")
      }
      let known = found[ByteName(label)]
      found[ByteName(label)] = (known?.line ?? row.line, (known?.rows ?? 0) + 1)
      guard found.count <= hints.mostClasses else {
        throw fault(
          row.line,
          "more than \(hints.mostClasses) different labels; is `\(file.labelColumn)` the label's "
            + "column?", .allowClasses)
      }
    }
    let labels = found.keys.sorted().map(\.text)
    let firstLine = file.rows[0].line
    guard labels.count > 1 else {
      throw fault(
        firstLine,
        "every row has the label \(LabelText.shown(labels[0])); a task needs two labels; "
          + "is `\(file.labelColumn)` the label's column?", .nameColumns)
    }
    if file.reading.header == false, file.reading.format?.isTable == true,
      hints.reading.header == nil,
      let alone = labels.first(where: {
        found[ByteName($0)].map { $0.rows == 1 && $0.line == firstLine } ?? false
      })
    {
      throw fault(
        firstLine,
        "the label \(LabelText.shown(alone)) stands in this first line alone: is the line a header?",
        .sayHeader)
    }
    classes = try Self.classes(labels) {
      fault(found[ByteName($0)]?.line ?? firstLine, $1, $2)
    }
    warnings = LabelText.lookalikes(classes).map { pair in
      "the labels \(LabelText.shown(pair.first)) and \(LabelText.shown(pair.second)) differ in "
        + "\(pair.difference) alone, but are two classes"
    }
  }

  /// `labels`, whole numbers without a fraction of zeros and in their order.
  private static func classes(
    _ labels: [String], _ fault: (String, String, Remedy?) -> TaskError
  ) throws -> [String] {
    let numbers = labels.compactMap { Double(ColumnNames.trimmed($0)) }
    guard numbers.count == labels.count else { return labels }
    let whole = labels.map { LabelText.withoutFraction($0) ?? $0 }
    if let fraction = zip(whole, labels).first(where: { Int(ColumnNames.trimmed($0.0)) == nil }) {
      throw fault(
        fraction.1,
        "the labels are numbers on a scale, such as \(fraction.1); they need a metric of numbers",
        .predictNumbers)
    }
    var seen: Set<ByteName> = []
    let distinct = whole.filter { seen.insert(ByteName($0)).inserted }
    guard distinct.count > 1 else {
      throw fault(
        labels[0], "every row has the label \"\(distinct[0])\"; a task needs two labels", nil)
    }
    return distinct.map { (Int(ColumnNames.trimmed($0)) ?? 0, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
