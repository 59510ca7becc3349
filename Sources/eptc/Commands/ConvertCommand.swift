import ArgumentParser
import EPTConvert
import EPTFormat
import EPTModel
import EPTSystem

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a Hugging Face checkpoint or a GGUF file into one .ept file.",
    discussion: """
      Reads the weights (safetensors, or PyTorch's pytorch_model.bin, of which nothing is run), and \
      beside them config.json and the tokenizer's files: tokenizer.json, or spiece.model, vocab.txt, \
      vocab.json with merges.txt. Of a folder of sentence-transformers it reads the model and how it \
      pools. A GGUF file has all of it in itself. Nothing else is needed afterwards. Families, by `model_type`:
      \(ArchitectureRegistry.all.map { family in
        "\(family.modelTypes.joined(separator: ", ")): \(family.knownModels)"
      }.joined(separator: "\n"))
      """)

  @Argument(
    help: ArgumentHelp(
      """
      A checkpoint's folder, or its weights: model.safetensors, pytorch_model.bin, the \
      .index.json of several, or model.gguf.
      """,
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
      """, valueName: "regex=encoding"), transform: TensorRule.init)
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
    try ThreadCount.validate(threads)
    if dryRun, verifyAgainstSource {
      throw ValidationError("--dry-run writes nothing that --verify-against-source could read.")
    }
  }

  /// `model.ept` for `folder/model.safetensors` or its index, `folder.ept` for `folder/`.
  private var outputPath: String {
    output ?? (CheckpointName.stem(of: checkpoint) ?? "model") + ".ept"
  }

  func run() throws {
    let output = outputPath
    let converter = Converter(
      input: checkpoint, output: output,
      choice: EncodingChoice(encoding, rules: tensor.map(\.rule)), replacing: force,
      threads: ThreadCount.usable(threads))
    if dryRun {
      let report = ConversionReport(try converter.dryRun(), output: output)
      try StandardOutput.print(report.table)
      report.notes.forEach(eptc.report)
      eptc.report("would write \(report.summary)")
      return
    }
    try OutputPath.check(output, replacing: force, inputs: [checkpoint])
    let lock = try OutputLock(path: output)
    defer { withExtendedLifetime(lock) {} }
    let clock = ContinuousClock()
    let start = clock.now
    var bar = ProgressBar("convert")
    defer { bar.end() }
    let summary = try converter.run(comparingWithSource: verifyAgainstSource) {
      bar.show($0, of: $1)
    }
    bar.end()
    let report = ConversionReport(summary, output: output)
    if verifyAgainstSource { try StandardOutput.print(report.errors) }
    report.notes.forEach(eptc.report)
    let seconds = start.duration(to: clock.now) / .seconds(1)
    eptc.report(
      "wrote \(report.summary), \(Figures.decimals(seconds, 2)) s, "
        + "peak memory \(Figures.peakMemory / 1_000_000) MB")
  }
}

extension TargetEncoding: ExpressibleByArgument {}

/// `regex=encoding` of a command line.
struct TensorRule {
  let rule: EncodingChoice.Rule

  /// Splits at the last equals sign, since a regular expression may hold others.
  ///
  /// - Throws: `ValidationError`.
  init(_ argument: String) throws {
    guard let sign = argument.lastIndex(of: "="), sign != argument.startIndex else {
      throw ValidationError("it is a pattern of names, =, and an encoding, such as ^decoder=f32")
    }
    let name = String(argument[argument.index(after: sign)...])
    guard let encoding = TargetEncoding(rawValue: name) else {
      throw ValidationError(
        "there is no encoding \"\(name)\"; there are: "
          + TargetEncoding.allCases.map(\.rawValue).joined(separator: ", "))
    }
    rule = .init(pattern: String(argument[..<sign]), encoding: encoding)
  }
}
