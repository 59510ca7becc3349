/// The tasks that eptc knows: GLUE and SuperGLUE as the literature on prompt tuning uses them.
///
/// Templates and label words are those of T5's own mixture (google-research,
/// text-to-text-transfer-transformer, `t5/data`); splits follow DePT.
public enum TaskCatalogue {
  /// The names of all presets.
  public static let names = [
    "cola", "sst2", "mrpc", "qqp", "stsb", "mnli", "qnli", "rte", "boolq", "cb", "wic", "multirc",
    "wsc",
  ]

  /// The preset called `name`; case, `-` and `_` do not matter.
  ///
  /// - Throws: `TaskError.unknownTask`, with the nearest names.
  public static func task(named name: String) throws -> TaskDefinition {
    let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
    guard let definition = try preset(plain) else {
      throw TaskError.unknownTask(
        name: name, nearest: EditDistance.nearest(to: plain, among: names), all: names)
    }
    return definition
  }

  private static func preset(_ name: String) throws -> TaskDefinition? {
    switch name {
    case "cola":
      try single(
        name, "CoLA", column: "4", label: "2", labels: ["unacceptable", "acceptable"],
        metric: .matthews, split: .halvedDev(seed: splitSeed))
    case "sst2":
      try single(
        name, "SST-2", column: "sentence", label: "label", labels: ["negative", "positive"],
        metric: .accuracy, split: .heldOutTrain(rows: heldOutRows, seed: splitSeed))
    case "mrpc":
      try pair(
        name, "MRPC", columns: ["#1 String", "#2 String"], label: "Quality",
        labels: numbered("not_equivalent", "equivalent"), metric: .f1Accuracy,
        inputLength: short)
    case "qqp":
      try pair(
        name, "QQP", fields: ["question1", "question2"], label: "is_duplicate",
        labels: numbered("not_duplicate", "duplicate"), metric: .f1Accuracy, inputLength: short,
        split: .heldOutTrain(rows: heldOutRows, seed: splitSeed), skipsBrokenRows: true)
    case "stsb":
      try pair(
        name, "STS-B", label: "score", labels: similarityLabels, isScale: true,
        metric: .pearsonSpearman, inputLength: short)
    case "mnli":
      try pair(
        name, "MNLI", fields: ["premise", "hypothesis"], columns: ["sentence1", "sentence2"],
        order: [1, 0], label: "gold_label",
        labels: plain("entailment", "neutral", "contradiction"),
        split: .files(validation: "dev_mismatched", test: "dev_matched"))
    case "qnli":
      try pair(
        name, "QNLI", fields: ["question", "sentence"],
        labels: plain("entailment", "not_entailment"),
        split: .heldOutTrain(rows: heldOutRows, seed: splitSeed))
    case "rte":
      try pair(name, "RTE", labels: plain("entailment", "not_entailment"))
    case "boolq":
      try pair(name, "BoolQ", fields: ["question", "passage"], order: [1, 0], labels: truth)
    case "cb":
      try pair(
        name, "CB", fields: ["premise", "hypothesis"], order: [1, 0],
        labels: plain("entailment", "contradiction", "neutral"), metric: .macroF1)
    case "wic":
      try TaskDefinition(
        name: name, fields: ["sentence1", "sentence2", "word"],
        template: "wic sentence1: {sentence1} sentence2: {sentence2} word: {word}",
        segments: ["{word}: {sentence1}", "{sentence2}"], labels: truth, metric: .accuracy,
        inputLength: short, split: .halvedDev(seed: splitSeed),
        source: DataSource(folders: ["WiC"], columns: ["sentence1", "sentence2", "word"]))
    case "multirc":
      try TaskDefinition(
        name: name, fields: ["question", "answer", "paragraph"],
        template: "multirc question: {question} answer: {answer} paragraph: {paragraph}",
        segments: ["{question} {answer}", "{paragraph}"], labels: numbered("False", "True"),
        metric: .f1Answers, inputLength: 348, split: .halvedDev(seed: splitSeed),
        source: DataSource(
          folders: ["MultiRC"], columns: ["question", "answer", "paragraph"], records: .multiRC))
    case "wsc":
      try TaskDefinition(
        name: name, fields: ["text"], template: "wsc text: {text}", segments: ["{text}"],
        labels: truth, metric: .accuracy, inputLength: 256, split: .halvedDev(seed: splitSeed),
        source: DataSource(folders: ["WSC"], columns: ["text"], records: .winograd))
    default:
      nil
    }
  }

  private static let heldOutRows = SplitRule.heldOutRows
  private static let splitSeed = SplitRule.standardSeed
  private static let short = 128

  private static let truth = [
    TaskDefinition.Label("False", value: "false"), TaskDefinition.Label("True", value: "true"),
  ]

  /// "0.0" to "5.0" in steps of 0.2.
  private static let similarityLabels = (0...25).map {
    TaskDefinition.Label("\($0 / 5).\($0 % 5 * 2)")
  }

  private static func plain(_ words: String...) -> [TaskDefinition.Label] {
    words.map { TaskDefinition.Label($0) }
  }

  private static func numbered(_ words: String...) -> [TaskDefinition.Label] {
    words.enumerated().map { TaskDefinition.Label($0.element, value: String($0.offset)) }
  }

  private static func single(
    _ name: String, _ folder: String, column: String, label: String, labels: [String],
    metric: Metric, split: SplitRule
  ) throws -> TaskDefinition {
    try TaskDefinition(
      name: name, fields: ["sentence"], template: "\(name) sentence: {sentence}",
      segments: ["{sentence}"],
      labels: labels.enumerated().map {
        TaskDefinition.Label($0.element, value: String($0.offset))
      },
      metric: metric, inputLength: short, split: split,
      source: DataSource(folders: [folder], columns: [column], label: label))
  }

  /// A task of two texts.
  ///
  /// `order` is that of the template, T5's alphabetical one.
  private static func pair(
    _ name: String, _ folder: String, fields: [String] = ["sentence1", "sentence2"],
    columns: [String]? = nil, order: [Int] = [0, 1], label: String = "label",
    labels: [TaskDefinition.Label], isScale: Bool = false, metric: Metric = .accuracy,
    inputLength: Int = 256, split: SplitRule = .halvedDev(seed: splitSeed),
    skipsBrokenRows: Bool = false
  ) throws -> TaskDefinition {
    let places = order.map { "\(fields[$0]): {\(fields[$0])}" }
    return try TaskDefinition(
      name: name, fields: fields, template: ([name] + places).joined(separator: " "),
      segments: fields.map { "{\($0)}" }, labels: labels, isScale: isScale, metric: metric,
      inputLength: inputLength, split: split,
      source: DataSource(
        folders: [folder], columns: columns ?? fields, label: label,
        skipsBrokenRows: skipsBrokenRows))
  }
}
