import EPTData
import EPTSystem

extension TaskDefinition {
  /// The class that a data file means by `text`, nil if there is none.
  ///
  /// Of a label that `DataSource.labelUntil` ends, that part counts. The label's word is understood as well
  /// as the file's own value for it, without blanks around it and, for whole numbers, with a fraction of zeros.
  public func classIndex(_ text: String) -> Int? {
    let text = LabelText.part(of: text, until: source.labelUntil)
    if let index = exactClassIndex(text) { return index }
    let trimmed = ColumnNames.trimmed(text)
    return exactClassIndex(trimmed)
      ?? LabelText.withoutFraction(trimmed).flatMap { exactClassIndex($0) }
  }

  private func exactClassIndex(_ text: String) -> Int? {
    labels.firstIndex { $0.value.isIdentical(to: text) }
      ?? labels.firstIndex { $0.word.isIdentical(to: text) }
  }

  /// The example of one row of `file`.
  ///
  /// A label that the task does not know gets a class beyond the task's own, and its place in `unknown`;
  /// where that is nil, there must be none.
  ///
  /// - Throws: `TaskError.badRow` for a label that is none of the task's.
  func example(
    _ row: LabelledRow, of file: LabelledFile, unknown: inout [String]?
  ) throws -> Example {
    func place(_ name: String) -> Int? {
      guard unknown != nil, classIndex(name) == nil else { return nil }
      let index = unknown?.firstIndex { $0.isIdentical(to: name) } ?? unknown?.count ?? 0
      if index == unknown?.count { unknown?.append(name) }
      return labels.count + index
    }
    if labelForm == .tags {
      let tags = try (row.labels ?? []).map { name in
        guard let tag = place(name) ?? classIndex(name) else {
          throw unknownLabel(name, file.path, row.line)
        }
        return tag
      }
      let first = tags.first { (1..<labels.count).contains($0) } ?? 0
      return Example(values: row.values, label: first, labels: tags)
    }
    guard labelForm == .several else {
      guard row.labels.map({ $0.count == 1 }) ?? true else {
        throw TaskError.badRow(
          path: file.path, line: row.line, reason: LabelText.listFault(file.labelColumn))
      }
      if !isScale, let place = place(row.label) { return Example(values: row.values, label: place) }
      return try example(values: row.values, label: row.label, path: file.path, line: row.line)
    }
    let classes = try Set(
      labelNames(row).map { name in
        try place(name)
          ?? example(values: row.values, label: name, path: file.path, line: row.line).label
      }
    ).sorted()
    let first = classes.first { $0 < labels.count } ?? 0
    return Example(values: row.values, label: first, labels: classes)
  }

  /// The example of one row with one label.
  ///
  /// - Throws: `TaskError.badRow` for a label that is none of the task's.
  func example(values: [String], label: String, path: String, line: Int) throws -> Example {
    if isScale, labels.isEmpty {
      guard let number = LabelText.number(LabelText.part(of: label, until: source.labelUntil))
      else {
        throw TaskError.badRow(
          path: path, line: line, reason: "the label \(LabelText.shown(label)) is no number",
          remedy: line == 1 ? .sayHeader : nil)
      }
      return Example(values: values, label: 0, score: number)
    }
    if let index = classIndex(label) {
      return Example(values: values, label: index, score: isScale ? Double(label) : nil)
    }
    if isScale, let score = Double(LabelText.part(of: label, until: source.labelUntil)),
      score.isFinite
    {
      // The nearest number on the scale; of two, the even multiple, as T5's rule rounds.
      let numbers = labels.map { Double($0.word) ?? 0 }
      let low = numbers.min() ?? 0
      let high = numbers.max() ?? 0
      let steps = Double(labels.count - 1) / (high - low)
      if (low...high).contains(score), steps.isFinite {
        // Times 5 as T5 does; through 0.2, which is no binary fraction, 2.3 would round down.
        let nearest = low + ((score - low) * steps).rounded(.toNearestOrEven) / steps
        let index = numbers.indices.min { abs(numbers[$0] - nearest) < abs(numbers[$1] - nearest) }
        return Example(values: values, label: index ?? 0, score: score)
      }
      throw TaskError.badRow(
        path: path, line: line, reason: "the score \(label) is outside \(low) to \(high)")
    }
    throw unknownLabel(label, path, line)
  }

  private func unknownLabel(_ label: String, _ path: String, _ line: Int) -> TaskError {
    let known = labels.prefix(8).map { $0.value == $0.word ? $0.word : "\($0.value) (\($0.word))" }
    let more = labels.count > 8 ? ", …" : ""
    return TaskError.badRow(
      path: path, line: line,
      reason: "unknown label \(LabelText.shown(label)); the labels are: "
        + known.joined(separator: ", ") + more,
      remedy: line == 1 ? .sayHeader : .countUnknown)
  }
}
