import EPTSystem

/// Which words a task's classes have.
public enum LabelWords: String, Sendable, CaseIterable {
  /// The definition's own; a preset has those of T5's mixture.
  case words
  /// "0", "1", …: DePT's and ATTEMPT's.
  case digits
}

extension TaskDefinition {
  /// The same task with inputs of at most `length` tokens.
  public func limited(to length: Int) -> TaskDefinition {
    var task = self
    task.inputLength = length
    return task
  }

  /// The same task with `words` for its classes.
  ///
  /// Digits are the class ids. A scale keeps its words, which are numbers already, and tags keep theirs.
  ///
  /// - Throws: `TaskError.invalidDefinition`.
  public func labelled(_ words: LabelWords) throws -> TaskDefinition {
    guard words == .digits, !isScale, labelForm != .tags else { return self }
    return try replacing(
      labels: labels.enumerated().map { Label(String($0.offset), value: $0.element.value) })
  }

  /// The same task, read from other columns.
  ///
  /// `text` has one column a field, or none for those that the task has; `label` is nil for the one that
  /// the task has.
  ///
  /// - Throws: `TaskError.unclearColumns` if there is not one column a field.
  public func reading(text: [String], label: String?) throws -> TaskDefinition {
    guard !text.isEmpty || label != nil else { return self }
    let columns = text.isEmpty ? source.columns : text
    guard columns.count == fields.count else {
      throw TaskError.unclearColumns(
        task: name,
        reason: "its fields are \(fields.joined(separator: ", ")); name the column of each, "
          + "\(fields.count == 1 ? "once" : "\(fields.count) times"), in this order")
    }
    return try replacing(
      source: DataSource(
        folders: source.folders, columns: columns, label: label ?? source.label,
        labelUntil: source.labelUntil, records: source.records == .words ? .words : .flat,
        skipsBrokenRows: source.skipsBrokenRows,
        labelSeparator: source.labelSeparator))
  }

  /// The same task with files of their own for validation and test rows.
  ///
  /// - Throws: `TaskError.invalidDefinition`.
  public func splitting(dev: String, test: String) throws -> TaskDefinition {
    func name(_ path: String, else usual: String) -> String {
      let stem = String((path.split(separator: "/").last ?? "").prefix { $0 != "." })
      return stem.isPlainFileName ? stem : usual
    }
    return try replacing(
      split: .files(validation: name(dev, else: "dev"), test: name(test, else: "test")))
  }

  /// The same task, split by `rule`.
  ///
  /// - Throws: `TaskError.invalidDefinition`.
  public func splitting(by rule: SplitRule) throws -> TaskDefinition {
    try replacing(split: rule)
  }

  private func replacing(
    labels: [Label]? = nil, split: SplitRule? = nil, source: DataSource? = nil
  ) throws -> TaskDefinition {
    var task = try TaskDefinition(
      name: name, fields: fields, template: template.source, segments: segments.map(\.source),
      labels: labels ?? self.labels, isScale: isScale, labelForm: labelForm, metric: metric,
      positive: positive.map { (labels ?? self.labels)[$0].word }, inputLength: inputLength,
      split: split ?? self.split, source: source ?? self.source)
    task.tagTransitions = tagTransitions
    return task
  }
}
