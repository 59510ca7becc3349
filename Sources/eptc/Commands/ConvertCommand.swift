import ArgumentParser
import EPTConvert
import EPTFormat

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a Hugging Face checkpoint into one .ept file.",
    discussion: """
      Reads the weights, and beside them config.json and tokenizer.json (or spiece.model, \
      vocab.txt). Nothing else is needed afterwards.
      """)

  @Argument(
    help: ArgumentHelp(
      "model.safetensors, model.safetensors.index.json, or a folder with either.",
      valueName: "checkpoint"))
  var checkpoint: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file to write. (default: the checkpoint's name with .ept, here)",
      valueName: "file.ept"))
  var output: String?

  @Option(
    help: """
      How to store matrices: q8 (a byte a weight), q4 (half a byte), lossless (bit by bit as in \
      the checkpoint, compressed), f16, bf16 or f32. Norms, biases and small tables stay f32.
      """)
  var encoding: TargetEncoding = .q8

  @Option(
    help: ArgumentHelp(
      """
      Another encoding for the tensors whose names an extended regular expression fits, \
      anywhere in the name. May be repeated; the last that fits counts.
      """, valueName: "regex=encoding"))
  var tensor: [TensorRule] = []

  @Flag(help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Check everything and print the table of tensors, but write nothing.")
  var dryRun = false

  @Flag(help: "Decode what was written and print each tensor's largest and mean error.")
  var verifyAgainstSource = false

  @Option(
    help: "Threads to use; the output does not depend on it. (default: one a processor)")
  var threads: Int?

  /// Refuses a thread count below one, and what cannot go together.
  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    if dryRun, verifyAgainstSource {
      throw ValidationError("--dry-run writes nothing that --verify-against-source could read.")
    }
  }

  /// `model.ept` for `folder/model.safetensors` or its index, `folder.ept` for `folder/`.
  private var outputPath: String {
    if let output { return output }
    var name = checkpoint.split(separator: "/").last.map(String.init) ?? "model"
    for suffix in [".safetensors.index.json", ".safetensors"] where name.hasSuffix(suffix) {
      name.removeLast(suffix.count)
      break
    }
    return ["", ".", ".."].contains(name) ? "model.ept" : name + ".ept"
  }

  func run() throws {
    let output = outputPath
    let converter = Converter(
      input: checkpoint, output: output,
      choice: EncodingChoice(encoding, rules: tensor.map(\.rule)), replacing: force,
      threads: threads ?? Parallel.processors)
    if dryRun {
      let report = ConversionReport(try converter.dryRun(), output: output)
      print(report.table)
      eptc.report("would write \(report.summary)")
      return
    }
    try OutputPath.check(output, replacing: force)
    let clock = ContinuousClock()
    let start = clock.now
    var bar = ProgressBar("convert")
    defer { bar.end() }
    let summary = try converter.run(comparingWithSource: verifyAgainstSource) {
      bar.show($0, of: $1)
    }
    bar.end()
    let report = ConversionReport(summary, output: output)
    if verifyAgainstSource { print(report.errors) }
    let seconds = start.duration(to: clock.now) / .seconds(1)
    eptc.report(
      "wrote \(report.summary), \(Figures.decimals(seconds, 2)) s, "
        + "peak memory \(Figures.peakMemory / 1_000_000) MB")
  }
}

extension TargetEncoding: ExpressibleByArgument {}

/// `regex=encoding` of a command line.
struct TensorRule: ExpressibleByArgument {
  let rule: EncodingChoice.Rule

  /// Splits at the last equals sign, since a regular expression may hold others.
  init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="), sign != argument.startIndex,
      let encoding = TargetEncoding(rawValue: String(argument[argument.index(after: sign)...]))
    else { return nil }
    rule = .init(pattern: String(argument[..<sign]), encoding: encoding)
  }
}
