import EPTData

/// One line about a command line that cannot be understood.
struct UsageAdvice {
  /// What to print.
  let line: String

  /// - Parameters:
  ///   - message: What the parser says.
  ///   - arguments: The command line, without the program's name.
  ///   - flags: The command's help, which has all its flags.
  init(_ message: String, _ arguments: [String], help flags: String) {
    let command = arguments.first { CommandSlip.commands.contains($0) }
    let help = "`eptc \(command.map { "help \($0)" } ?? "help")` tells all flags"
    var text = message.split(separator: "\n").joined(separator: " ")
    let known = Self.options(in: flags)
    // A flag that is unknown explains more than what is missing without it.
    let unknown = arguments.dropFirst().prefix { $0 != "--" }
      .map { String($0.prefix { $0 != "=" }) }
      .first { $0.hasPrefix("--") && !known.contains($0) }
    if let option = unknown ?? Self.unknownOption(in: text) {
      let nearest = CommandSlip.nearest(to: option, known)
      text =
        ForeignOption.advice(option).map { "there is no \(option): \($0)" }
        ?? "there is no \(option)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    } else {
      text = Self.ownWords(text)
    }
    while text.last == "." { text.removeLast() }
    line = text.hasSuffix("?") ? "\(text) \(help)" : "\(text); \(help)"
  }

  /// `--epochs` of `Unknown option '--epochs'`.
  private static func unknownOption(in text: String) -> String? {
    guard text.hasPrefix("Unknown option '") else { return nil }
    let name = text.dropFirst("Unknown option '".count).prefix { $0 != "'" && $0 != "=" }
    return String(name)
  }

  /// The flags that a help text names.
  private static func options(in help: String) -> [String] {
    let words = help.split { !($0.isLetter || $0.isNumber || $0 == "-") }
    return words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init)
  }

  /// `--metric cannot be f1; it is one of: …` of what the parser says of a value:
  /// `The value 'f1' is invalid for '--metric <metric>'. Please provide one of the following: - a - b`, or
  /// after a colon the reason.
  private static func badValue(_ text: String) -> String? {
    let start = "The value '"
    guard text.hasPrefix(start), let middle = text.firstRange(of: "' is invalid for '") else {
      return nil
    }
    let value = String(text[text.index(text.startIndex, offsetBy: start.count)..<middle.lowerBound])
    let option = text[middle.upperBound...].prefix { $0 != "'" && $0 != " " }
    let rest = text[middle.upperBound...].drop { $0 != "'" }.dropFirst()
    let choices = Self.choices(String(rest))
    let reason =
      rest.hasPrefix(": ")
      ? String(rest.dropFirst(2))
      : choices.isEmpty ? whyNoNumber(value) : "it is one of: \(choices.joined(separator: ", "))"
    return "\(option) cannot be \(value); \(reason)"
  }

  /// The words that an option takes, of the end of the parser's sentence: `Please provide one of the
  /// following: - a - b` where they are many, `Please provide one of 'a', 'b' or 'c'.` where they are few.
  private static func choices(_ text: String) -> [String] {
    let listed = text.split(separator: " - ").dropFirst().map { ColumnNames.trimmed(String($0)) }
    guard listed.isEmpty, text.contains("Please provide one of '") else { return listed }
    // What stands between quotes is every second part.
    return text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// Why `value` is not what an option of numbers takes: all others say so themselves.
  private static func whyNoNumber(_ value: String) -> String {
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return "the number is too large"
    }
    return Double(value) == nil ? "it takes a number" : "it takes a whole number from 0 on"
  }

  /// The parser's sentences, told as the others are.
  private static func ownWords(_ text: String) -> String {
    var text = text
    if let words = badValue(text) { return words }
    for (theirs, ours) in [
      ("Missing expected argument '<", "name the "), ("Missing expected argument '", "give "),
    ] where text.hasPrefix(theirs) {
      text = ours + text.dropFirst(theirs.count).filter { $0 != "'" && $0 != "<" && $0 != ">" }
      return text
    }
    return text
  }
}

/// What other tools call flags that eptc has under another name, or does not need.
enum ForeignOption {
  private static let meanings: [(names: [String], advice: String)] = [
    (
      ["epochs", "num-epochs", "num-train-epochs", "n-epochs", "epoch"],
      "runs are counted in steps: --steps, of which training rows / --batch are an epoch; without it "
        + "a run ends when validation stops improving"
    ),
    (
      ["learning-rate", "lr"],
      "each part has a rate of its own: --prompt-rate, --low-rank-rate, --subspace-rate, --head-rate; "
        + "the defaults suit most"
    ),
    (["batch-size", "bs", "train-batch-size", "per-device-train-batch-size"], "it is --batch"),
    (["gradient-accumulation-steps", "grad-accum"], "it is --accumulate"),
    (["max-length", "max-len", "max-seq-length", "max-input-length"], "it is --input-length"),
    (["validation", "valid", "val", "dev-file", "eval-file", "validation-file"], "it is --dev"),
    (["train-file", "training", "train-data", "training-data"], "it is --train"),
    (["test-file", "test-data"], "it is --test"),
    (["label", "label-col", "target", "label-field"], "it is --label-column"),
    (["text", "text-col", "sentence-column", "text-field"], "it is --text-column"),
    (
      ["model-name", "model-name-or-path", "backbone", "pretrained", "base-model-name"],
      "it is --model, a .ept file that `eptc convert` wrote"
    ),
    (["out", "output-dir", "save", "save-to", "output-file"], "it is --output, a file"),
    (["overwrite", "overwrite-output-dir", "yes"], "it is --force"),
    (["device", "gpu", "cuda", "fp16", "bf16"], "everything runs on the CPU; see --threads"),
    (["num-workers", "jobs", "nproc", "cpus", "workers"], "it is --threads"),
    (["bundle", "checkpoint", "adapter", "task-model"], "it is --prompt, or name the file alone"),
    (
      ["sep", "delimiter", "separator"],
      "the separator is told by the first line; --data-format csv or tsv forces one"
    ),
    (["no-header", "has-header", "skip-header"], "it is --header yes or --header no"),
    (["file-encoding", "charset"], "it is --text-encoding"),
    (["warmup", "warmup-steps", "num-warmup-steps"], "it is --warm-up"),
    (["max-steps", "num-steps", "iterations", "max-iter", "train-steps"], "it is --steps"),
    (["early-stopping", "early-stopping-patience"], "it is --patience"),
    (["eval-steps", "eval-every", "eval-interval"], "it is --evaluate-every"),
    (["save-steps", "save-every"], "it is --checkpoint-every"),
    (["top-k", "topk", "k"], "it is --top"),
    (
      ["proba", "scores", "logits", "return-all-scores"], "it is --probabilities, with --format tsv"
    ),
    (["random-state", "random-seed"], "it is --seed"),
    (["lora-rank", "r"], "it is --rank"),
    (["num-virtual-tokens", "prompt-tokens", "soft-tokens"], "it is --prompt-length"),
    (["temperature", "do-sample", "top-p"], "nothing is sampled; --beams searches"),
    (["max-new-tokens"], "it is --max-tokens"),
    (["num-beams"], "it is --beams"),
    (["input-file", "file"], "it is --input"),
    (["metrics", "f1", "macro-f1"], "it is --metric, for one macro_f1 or f1_accuracy"),
    (["verbose", "v"], "progress is shown without a flag; --log keeps it in a file"),
    (["few-shot", "n-shots", "k-shot"], "it is --shots"),
    (["classification-report"], "it is --per-class"),
    (["confusion-matrix"], "it is --confusion"),
    (["quantize", "quantization", "bits", "dtype"], "it is --encoding, of convert"),
  ]

  /// What to use in place of `option`, nil if nobody knows it.
  static func advice(_ option: String) -> String? {
    let name = String(option.drop { $0 == "-" }).lowercased()
      .split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    return meanings.first { $0.names.contains(name) }?.advice
  }
}
