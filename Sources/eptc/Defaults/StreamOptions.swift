import ArgumentParser
import EPTData
import EPTInfer
import EPTSystem
import Glibc

/// Where records come from and how they are read.
struct StreamInputOptions: ParsableArguments {
  /// What the input holds.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case lines, tsv, csv, jsonl, json, fasttext, conll
    case labelText = "label-text"

    var format: DataFormat {
      switch self {
      case .lines: .lines
      case .tsv: .tsv
      case .csv: .csv
      case .jsonl: .jsonl
      case .json: .json
      case .fasttext: .fastText
      case .labelText: .labelText
      case .conll: .conll
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      "A file or FIFO to read, gzip and zstd included. (default: standard input)",
      valueName: "file"))
  var input: String?

  @Option(
    help: """
      What the input holds: lines (a text each, or a task's texts between tabs), tsv or csv (columns \
      that --columns or else the first line names), jsonl (an object a line), json (an array of them), \
      fasttext, label-text or conll (a word a line). (default: lines from standard input, found by name \
      and content with --input)
      """)
  var inputFormat: Format?

  @Option(
    help: ArgumentHelp(
      "The names of tab-separated columns, in order: sentence1,sentence2.", valueName: "names"))
  var columns: String?

  @Option(
    help: """
      Whether the first line of tsv or csv names the columns: yes or no. (default: yes, found out where \
      the format is)
      """)
  var header: YesOrNo?

  @Option(
    help: """
      The encoding of a text without byte order mark: utf8, utf16le, utf16be or latin1 (Windows 1252). \
      (default: utf8)
      """)
  var textEncoding: TextEncoding?

  func validate() throws {
    if header != nil, ![.tsv, .csv, nil].contains(inputFormat) {
      throw ValidationError("--header is for tsv and csv.")
    }
    guard let columns else { return }
    if ![.tsv, .csv].contains(inputFormat ?? .tsv) {
      throw ValidationError("--columns is for tsv and csv.")
    }
    let names = Self.names(columns)
    if names.contains("") || Set(names.map { ByteName($0) }).count != names.count {
      throw ValidationError("--columns must name each column once.")
    }
  }

  private static func names(_ columns: String) -> [String] {
    columns.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// How lines become records.
  var format: RecordFormat {
    var reading = ReadingOptions(header: header?.isYes, encoding: textEncoding)
    if let columns {
      reading.format = inputFormat?.format ?? .tsv
      reading.header = reading.header ?? false
      return RecordFormat(reading, columns: Self.names(columns))
    }
    if let inputFormat {
      reading.format = inputFormat.format
      if inputFormat == .tsv || inputFormat == .csv { reading.header = reading.header ?? true }
    } else if input == nil || input == "-" {
      reading.format = header == nil ? .lines : .tsv
    }
    return RecordFormat(reading)
  }

  /// Opens the input.
  ///
  /// - Throws: `DataError.missingInput`.
  func open() throws -> InputFile {
    guard let input else { return .standardInput }
    return try InputFile(path: input)
  }
}

/// What answers say and how they are written.
struct AnswerOptions: ParsableArguments {
  @Option(
    help: """
      How to answer: text (the label), tsv (label, tab, probability) or jsonl (all labels' \
      probabilities).
      """)
  var format: AnswerFormat = .text

  @Option(help: ArgumentHelp("Name this many labels, the most probable first.", valueName: "k"))
  var top: Int?

  @Flag(help: "Tell every label's probability, with tsv one column a label.")
  var probabilities = false

  @Option(
    help: ArgumentHelp(
      """
      Answer LABEL exactly where its probability is p or more; prompt:LABEL=p is for one of \
      several prompts. May be repeated.
      """,
      valueName: "LABEL=p"))
  var threshold: [String] = []

  @Option(
    help: ArgumentHelp(
      "Answer \"\(Answer.rejection)\" where no label has this probability.", valueName: "p"))
  var reject: Float?

  @Flag(help: "Begin with a line that names the columns; with tsv.")
  var outputHeader = false

  @Flag(
    help: """
      Hand on the fields that no prompt reads: with tsv as first columns, with jsonl as members.
      """)
  var keep = false

  func validate() throws {
    if let top, !(1...65_536).contains(top) {
      throw ValidationError("--top must be from 1 to 65536.")
    }
    if format == .text, probabilities || keep {
      throw ValidationError("--probabilities and --keep need --format tsv or jsonl.")
    }
    if format != .tsv, outputHeader {
      throw ValidationError("--output-header needs --format tsv.")
    }
    if let reject, !(0...1).contains(reject) {
      throw ValidationError("--reject must be a probability from 0 to 1.")
    }
    for text in threshold where Self.threshold(text) == nil {
      throw ValidationError("--threshold must be LABEL=p with p from 0 to 1, not \(text).")
    }
  }

  static func threshold(_ text: String) -> Threshold? {
    guard let sign = text.lastIndex(of: "="), sign != text.startIndex,
      let probability = Float(text[text.index(after: sign)...]), (0...1).contains(probability)
    else { return nil }
    return Threshold(label: String(text[..<sign]), probability: probability)
  }

  /// The thresholds that were given.
  var thresholds: [Threshold] { threshold.compactMap(Self.threshold) }

  /// Whether something is said about how labels are chosen or told.
  var choosesLabels: Bool {
    top != nil || probabilities || !threshold.isEmpty || reject != nil
  }

  /// What answers say.
  var style: AnswerStyle {
    var style = AnswerStyle()
    style.format = format
    style.top = top
    style.showsProbabilities = probabilities ? true : nil
    style.hasHeader = outputHeader
    return style
  }
}

extension AnswerFormat: ExpressibleByArgument {}
extension StreamSettings.FaultHandling: ExpressibleByArgument {}
