import EPTSystem

/// What the labels of a file are: classes, numbers, several labels a row, or a tag a word.
struct FoundLabels {
  var labels: [TaskDefinition.Label] = []
  var isScale = false
  var form = LabelForm.one
  var metric: Metric
  /// What may be a slip, a sentence each.
  var warnings: [String] = []

  /// Looks at the labels of all rows of `file`.
  ///
  /// - Throws: `TaskError.badRow` for labels that are not what is asked for.
  init(_ file: LabelledFile, _ hints: TaskDiscovery.Hints) throws {
    metric = hints.metric
    guard !file.hasTags else {
      form = .tags
      if metric == .accuracy { metric = .entityF1 }
      try takeTags(file, hints)
      return
    }
    guard hints.metric.judged != .numbers else {
      isScale = true
      try Self.checkNumbers(file, hints)
      return
    }
    let isAsked = hints.isMultiLabel || hints.metric == .microMacroF1
    let names = file.rows.map { row in
      (row.labels ?? LabelText.split(row.label, hints.labelSeparator))
        .map { LabelText.part(of: $0, until: hints.labelUntil) }
    }
    let mayHaveSeveral = hints.labelSeparator != nil || file.rows.contains { $0.labels != nil }
    guard isAsked || (mayHaveSeveral && names.contains { $0.count != 1 || $0[0].isEmpty }) else {
      let survey = try LabelSurvey(file, hints)
      labels = survey.classes.map { TaskDefinition.Label($0) }
      warnings = survey.warnings
      if mayHaveSeveral {
        warnings.append(
          "every row of \(file.path) has one label, so that the task is of one label a row")
      }
      return
    }
    form = .several
    if metric == .accuracy { metric = .microMacroF1 }
    try takeSeveral(names, file, hints)
  }

  /// Takes the tags of all words: `O` first, then by type, what begins an entity first.
  private mutating func takeTags(_ file: LabelledFile, _ hints: TaskDiscovery.Hints) throws {
    var found: Set<ByteName> = []
    for row in file.rows {
      found.formUnion((row.labels ?? []).map { ByteName($0) })
      guard found.count <= hints.mostClasses else {
        throw TaskError.badRow(
          path: file.path, line: row.line,
          reason:
            "more than \(hints.mostClasses) different tags; is \"\(file.labelColumn)\" the list "
            + "of tags?", remedy: .allowClasses)
      }
    }
    let entities = found.filter { !$0.text.isIdentical(to: Tag.outside) }.sorted { first, second in
      let types = [first, second].map { ByteName(String($0.text.unicodeScalars.dropFirst(2))) }
      return types[0] == types[1] ? first < second : types[0] < types[1]
    }
    guard !entities.isEmpty else {
      throw TaskError.badRow(
        path: file.path, line: file.rows[0].line,
        reason: "every word has the tag \(Tag.outside); a task needs entities",
        remedy: .nameColumns)
    }
    labels = ([Tag.outside] + entities.map(\.text)).map { TaskDefinition.Label($0) }
  }

  private static func checkNumbers(
    _ file: LabelledFile, _ hints: TaskDiscovery.Hints
  ) throws {
    func isNumber(_ row: LabelledRow) -> Bool {
      row.labels == nil
        && LabelText.number(LabelText.part(of: row.label, until: hints.labelUntil)) != nil
    }
    for row in file.rows where !isNumber(row) {
      throw TaskError.badRow(
        path: file.path, line: row.line,
        reason: "the label \(LabelText.shown(row.label)) is no number, as the metric needs",
        remedy: row.line == 1 ? .sayHeader : nil)
    }
  }

  private mutating func takeSeveral(
    _ names: [[String]], _ file: LabelledFile, _ hints: TaskDiscovery.Hints
  ) throws {
    var found: Set<ByteName> = []
    for (row, names) in zip(file.rows, names) {
      func fault(_ reason: String, _ remedy: Remedy? = nil) -> TaskError {
        .badRow(path: file.path, line: row.line, reason: reason, remedy: remedy)
      }
      // A text without any label is one that stands alone and is empty.
      for name in names where !(name.isEmpty && names.count == 1 && row.labels == nil) {
        guard !LabelText.isMissing(name) else {
          throw fault("one of its labels is \(LabelText.shown(name)); remove it, or name it")
        }
        found.insert(ByteName(name))
      }
      guard found.count <= hints.mostClasses else {
        throw fault(
          "more than \(hints.mostClasses) different labels; is `\(file.labelColumn)` the label's "
            + "column?", .allowClasses)
      }
    }
    guard !found.isEmpty else {
      throw TaskError.badRow(
        path: file.path, line: file.rows[0].line, reason: "no row has a label",
        remedy: .nameColumns)
    }
    let sorted = found.sorted().map(\.text)
    labels = sorted.map { TaskDefinition.Label($0) }
    warnings += LabelText.lookalikes(sorted).map { pair in
      "the labels \(LabelText.shown(pair.first)) and \(LabelText.shown(pair.second)) differ in "
        + "\(pair.difference) alone, but are two labels"
    }
  }
}
