import EPTSystem

/// A task: what its rows look like, how the backbone is asked, and how answers are scored.
public struct TaskDefinition: Sendable, Equatable {
  /// One class.
  public struct Label: Sendable, Equatable {
    /// The text that a decoder answers with, and that users see.
    public let word: String
    /// How data files write the class.
    public let value: String

    public init(_ word: String, value: String? = nil) {
      self.word = word
      self.value = value ?? word
    }
  }

  /// The name, as in `--task sst2`.
  public let name: String
  /// The texts that make up one example, in the order of an input row.
  public let fields: [String]
  /// The input of a text-to-text backbone.
  public let template: Template
  /// The first and, for pairs, second text of an encoder.
  public let segments: [Template]
  /// The classes, by class id.
  public let labels: [Label]
  /// Whether labels are numbers on a scale, which data files give unrounded; without `labels`, any
  /// numbers.
  public let isScale: Bool
  /// How many labels a row has.
  public let labelForm: LabelForm
  /// How tags follow each other in the training rows; nil where each word's is chosen by itself.
  public internal(set) var tagTransitions: TagTransitions?
  /// What answers are judged by.
  public let metric: Metric
  /// The class whose F1 a metric of one class takes; nil for class 1.
  public let positive: Int?
  /// The longest input in tokens, special tokens included; more is cut off.
  public internal(set) var inputLength: Int
  /// Which rows choose the best step, and which give the figure.
  public let split: SplitRule
  /// Where rows are found and how they are read.
  public let source: DataSource

  /// The class whose F1 the metric takes, nil for a metric that looks at all classes.
  public var positiveClass: Int? { metric.hasPositiveClass ? positive ?? 1 : nil }

  /// Checks and takes a definition; `positive` is the word of its positive class.
  ///
  /// - Throws: `TaskError.invalidDefinition`.
  public init(
    name: String, fields: [String], template: String, segments: [String], labels: [Label],
    isScale: Bool = false, labelForm: LabelForm = .one, metric: Metric, positive: String? = nil,
    inputLength: Int, split: SplitRule, source: DataSource
  ) throws {
    func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
      guard condition else { throw TaskError.invalidDefinition(task: name, reason: reason()) }
    }
    // Outputs are called by the name, and data is looked up by all of these.
    var names = [name] + source.folders
    if case .files(let validation, let test) = split { names += [validation, test] }
    for name in names {
      try require(
        name.isPlainFileName,
        "\"\(name)\" must be a plain name of at most 200 bytes, not a path: it stands for a file")
    }
    try require(!fields.isEmpty, "it has no fields")
    try require(Self.areDistinct(fields), "a field stands twice")
    try require(segments.count == 1 || segments.count == 2, "an encoder reads one or two segments")
    let fewest = labelForm == .several ? 1 : 2
    try require(
      labels.count >= fewest || (isScale && labels.isEmpty),
      labelForm == .several ? "it needs a label" : "it needs two labels or more")
    try require(Self.areDistinct(labels.map(\.word)), "a label word stands twice")
    try require(Self.areDistinct(labels.map(\.value)), "a label value stands twice")
    try require((1...65_536).contains(inputLength), "the input length must be from 1 to 65536")
    try require(
      source.columns.count == fields.count,
      "it has \(fields.count) fields but \(source.columns.count) columns")
    try require(
      source.labelUntil.map { (1...LabelText.longestEnd).contains($0.utf8.count) } ?? true,
      "what ends a label must have 1 to \(LabelText.longestEnd) bytes")
    try require(
      !isScale || labels.allSatisfy { Double($0.word)?.isFinite == true },
      "the labels of a scale must be numbers")
    try require(
      isScale == (metric.judged == .numbers),
      "the metric \(metric.rawValue) is \(isScale ? "not " : "")for numbers, which its labels are"
        + "\(isScale ? "" : " not")")
    try require(!isScale || labelForm == .one, "a row has one number, not several")
    try require(
      (labelForm == .several) == (metric.judged == .labelSets),
      "the metric \(metric.rawValue) is for rows of "
        + "\(metric.judged == .labelSets ? "several labels" : "one label") each")
    try require(
      (labelForm == .tags) == (metric.judged == .tags),
      "the metric \(metric.rawValue) is for "
        + (metric.judged == .tags ? "rows of a tag a word" : "rows without a tag for each word"))
    try require(
      (labelForm == .tags) == (source.records == .words),
      "tags are of records that are words, and records that are words have tags")
    if labelForm == .tags {
      try require(
        fields.count == 1 && segments.count == 1, "a tag is of a word of one text, not of several")
      try require(
        labels[0].word.isIdentical(to: Tag.outside), "its first tag must be \(Tag.outside)")
      for label in labels {
        try require(
          Tag(label.word) != nil,
          "the tag \(LabelText.shown(label.word)) is none of BIO's: O, B-name and I-name")
      }
    }
    try require(
      labels.count == 2 || !metric.hasPositiveClass,
      "the metric \(metric.rawValue) is for two classes; \(Metric.macroF1.rawValue) is for more")
    let positiveClass = positive.map { word in labels.firstIndex { $0.word.isIdentical(to: word) } }
    try require(
      positiveClass == nil || metric.hasPositiveClass,
      "the metric \(metric.rawValue) has no positive class")
    try require(
      positiveClass != .some(nil),
      "no label is called \(positive ?? ""); the labels are: "
        + labels.prefix(8).map(\.word).joined(separator: ", "))
    self.name = name
    self.fields = fields
    self.template = try Template(template, fields: fields, task: name)
    self.segments = try segments.map { try Template($0, fields: fields, task: name) }
    self.labels = labels
    self.isScale = isScale
    self.labelForm = labelForm
    self.metric = metric
    self.positive = positiveClass ?? nil
    self.inputLength = inputLength
    self.split = split
    self.source = source
  }

  private static func areDistinct(_ names: [String]) -> Bool {
    Set(names.map { ByteName($0) }).count == names.count
  }

  /// What the backbone reads for one example.
  ///
  /// That is the filled template for a decoder, else the segments. `values` has one text a
  /// field.
  public func input(
    _ values: [String], hasDecoder: Bool
  ) -> (first: String, second: String?) {
    if hasDecoder { return (template.rendered(values), nil) }
    return (
      segments[0].rendered(values), segments.count > 1 ? segments[1].rendered(values) : nil
    )
  }
}

/// Where a task's rows come from.
public struct DataSource: Sendable, Equatable {
  /// How the records of a JSONL file become rows.
  public enum Records: String, Sendable {
    /// One row a record, a key a field.
    case flat
    /// The Winograd schemas of SuperGLUE: both spans are marked in the text.
    case winograd
    /// A passage with questions with answers: one row an answer.
    case multiRC = "multirc"
    /// One row a record: a list of words and a list of their tags.
    case words
  }

  /// Names that the set's folder may have, the official one first.
  public let folders: [String]
  /// The column of each field: a header's name, or a number counted from 1 in files without
  /// header.
  public let columns: [String]
  /// The label's column.
  public let label: String
  /// What ends the part of a label that is the class: `:` makes `DESC` of TREC's `DESC:manner`; nil where
  /// all of it is the class.
  public let labelUntil: String?
  /// How a record becomes rows.
  public let records: Records
  /// Whether the official file is known to have rows broken by line breaks, which are passed
  /// over and counted.
  public let skipsBrokenRows: Bool
  /// What stands between the labels of a row that has several in one text; nil where they are a list.
  public let labelSeparator: String?

  public init(
    folders: [String], columns: [String], label: String = "label", labelUntil: String? = nil,
    records: Records = .flat, skipsBrokenRows: Bool = false, labelSeparator: String? = nil
  ) {
    self.folders = folders
    self.columns = columns
    self.label = label
    self.labelUntil = labelUntil
    self.records = records
    self.skipsBrokenRows = skipsBrokenRows
    self.labelSeparator = labelSeparator
  }
}

/// One labelled row.
public struct Example: Sendable, Equatable {
  /// One text a field; of a task of tags one word a tag.
  public let values: [String]
  /// The class; one beyond the task's own for a label that the task does not know.
  ///
  /// Of several labels it is the first, of tags the first that is an entity's: by it rows are split.
  public let label: Int
  /// The unrounded number, on a scale.
  public let score: Double?
  /// The labels of a row that may have several, in rising order; the tag of each word.
  public let labels: [Int]

  /// A row with one text a field.
  public init(values: [String], label: Int, score: Double? = nil, labels: [Int] = []) {
    self.values = values
    self.label = label
    self.score = score
    self.labels = labels
  }
}

extension Collection<Example> {
  /// Whether two of them have different right answers.
  public var haveDifferentAnswers: Bool {
    contains { row in
      first.map { $0.label != row.label || $0.score != row.score || $0.labels != row.labels }
        ?? false
    }
  }
}
