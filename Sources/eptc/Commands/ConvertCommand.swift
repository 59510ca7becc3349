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

  @Flag(help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Check everything and list the tensors, but write nothing.")
  var dryRun = false

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
      input: checkpoint, output: output, encoding: encoding, replacing: force)
    if dryRun {
      let summary = try converter.dryRun()
      for tensor in summary.tensors {
        print(
          "\(tensor.name)\t\(tensor.shape)\t\(tensor.sourceEncoding.name) -> "
            + "\(tensor.encoding.name)\t\(tensor.sourceSize) -> \(tensor.storedSize)")
      }
      report("would write \(description(of: summary, at: output))")
    } else {
      try OutputPath.check(output, replacing: force)
      report("wrote \(description(of: try converter.run(), at: output))")
    }
  }

  private func description(of summary: ConversionSummary, at output: String) -> String {
    let dropped =
      summary.dropped.isEmpty
      ? "" : ", without \(summary.dropped.count) that the model does not read"
    return "\(output): \(summary.architecture), \(summary.tensors.count) tensors\(dropped), "
      + "\(summary.parameterCount) weights, \(summary.sourceSize) -> \(summary.outputSize) bytes, "
      + "fingerprint \(summary.fingerprint.hex.prefix(12))"
  }
}

extension TargetEncoding: ExpressibleByArgument {}
