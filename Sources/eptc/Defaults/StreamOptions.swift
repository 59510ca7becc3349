import ArgumentParser
import EPTInfer
import Glibc

/// Where records come from and how they are read.
struct StreamInputOptions: ParsableArguments {
  /// What the lines of the input hold.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case lines, tsv, jsonl
  }

  @Option(
    help: ArgumentHelp(
      "A file or FIFO to read, gzip and zstd included. (default: standard input)",
      valueName: "file"))
  var input: String?

  @Option(
    help: """
      What a line holds: lines (a text, or a task's texts between tabs), tsv (columns that \
      --columns or else the first line names) or jsonl (an object with the task's fields). \
      (default: tsv with --columns, jsonl for a file called so, else lines)
      """)
  var inputFormat: Format?

  @Option(
    help: ArgumentHelp(
      "The names of tab-separated columns, in order: sentence1,sentence2.", valueName: "names"))
  var columns: String?

  func validate() throws {
    guard let columns else { return }
    if inputFormat ?? .tsv != .tsv {
      throw ValidationError("--columns is for tab-separated input.")
    }
    let names = Self.names(columns)
    if names.contains("") || Set(names).count != names.count {
      throw ValidationError("--columns must name each column once.")
    }
  }

  private static func names(_ columns: String) -> [String] {
    columns.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// How lines become records.
  var format: RecordFormat {
    if let columns { return .columns(Self.names(columns)) }
    switch inputFormat {
    case .lines: return .lines
    case .tsv: return .header
    case .jsonl: return .jsonl
    case nil:
      let endings = [".jsonl", ".jsonl.gz", ".jsonl.zst"]
      return endings.contains { input?.hasSuffix($0) == true } ? .jsonl : .lines
    }
  }

  /// Opens the input.
  ///
  /// - Throws: `InferError.missingInput`.
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

  @Flag(
    help: """
      Hand on the fields that no prompt reads: with tsv as first columns, with jsonl as members.
      """)
  var keep = false

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more.") }
    if format == .text, probabilities || keep {
      throw ValidationError("--probabilities and --keep need --format tsv or jsonl.")
    }
    for text in threshold where Self.threshold(text) == nil {
      throw ValidationError("--threshold must be LABEL=p with p from 0 to 1, not \(text).")
    }
  }

  private static func threshold(_ text: String) -> Threshold? {
    guard let sign = text.lastIndex(of: "="), sign != text.startIndex,
      let probability = Float(text[text.index(after: sign)...]), (0...1).contains(probability)
    else { return nil }
    return Threshold(label: String(text[..<sign]), probability: probability)
  }

  /// The thresholds that were given.
  var thresholds: [Threshold] { threshold.compactMap(Self.threshold) }

  /// Whether something is said about how labels are chosen or told.
  var choosesLabels: Bool { top != nil || probabilities || !threshold.isEmpty }

  /// What answers say.
  var style: AnswerStyle {
    var style = AnswerStyle()
    style.format = format
    style.top = top
    style.showsProbabilities = probabilities ? true : nil
    return style
  }
}

extension AnswerFormat: ExpressibleByArgument {}
extension StreamSettings.FaultHandling: ExpressibleByArgument {}
