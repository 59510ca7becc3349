import EPTData

/// How many labels a row has.
public enum LabelForm: String, Sendable, CaseIterable {
  /// One; on a scale, one number.
  case one
  /// Any number of them, none included.
  case several
  /// One a word: a tag.
  case tags
}

extension Metric {
  /// What a metric judges.
  public enum Judged: Sendable {
    case classes, numbers, labelSets, tags
  }

  /// What answers the metric judges.
  public var judged: Judged {
    switch self {
    case .accuracy, .matthews, .f1Accuracy, .macroF1, .f1Answers: .classes
    case .pearsonSpearman, .mse: .numbers
    case .microMacroF1: .labelSets
    case .entityF1: .tags
    }
  }
}

extension TaskDefinition {
  /// The labels of a row that may have several, in rising order.
  ///
  /// A list has one a member; a text has them between separators, none if it is empty.
  func labelNames(_ row: LabelledRow) -> [String] {
    if let labels = row.labels { return labels }
    guard !ColumnNames.trimmed(row.label).isEmpty else { return [] }
    return LabelText.split(row.label, source.labelSeparator)
  }
}

extension LabelText {
  /// The parts of `label` between separators, blanks around them left out; one part without separator.
  static func split(_ label: String, _ separator: String?) -> [String] {
    guard let separator, !separator.isEmpty else { return [label] }
    // By scalars: a separator and a combining mark after it are one character.
    let bytes = Array(separator.utf8)
    var parts: [String] = []
    var rest = Array(label.utf8)[...]
    while let place = rest.firstRange(of: bytes) {
      parts.append(String(decoding: rest[..<place.lowerBound], as: UTF8.self))
      rest = rest[place.upperBound...]
    }
    parts.append(String(decoding: rest, as: UTF8.self))
    return parts.map(ColumnNames.trimmed)
  }

  /// The finite number that `label` is; nil for anything else.
  static func number(_ label: String) -> Double? {
    Double(ColumnNames.trimmed(label)).flatMap { $0.isFinite ? $0 : nil }
  }
}
