/// What other tools call flags that eptc has under another name, or does not need.
enum ForeignOption {
  private static let meanings: [(names: [String], advice: String)] = [
    (
      ["epochs", "num-epochs", "num-train-epochs", "n-epochs", "epoch"],
      "a run is counted in --steps (training rows / --batch of them are an epoch), and without it "
        + "ends when validation stops improving"
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
    (
      ["sep", "delimiter", "separator"],
      "the separator is told by the first line; --input-format csv or tsv forces one"
    ),
    (["no-header", "has-header", "skip-header"], "it is --header yes or --header no"),
    (["file-encoding", "charset", "encoding"], "it is --text-encoding"),
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
    (["quantize", "quantization", "bits", "dtype"], ofConvert),
  ]

  /// What to use in place of `option`, the first advice that `fits` the command; nil if nobody knows it.
  static func advice(_ option: String, fits: (String) -> Bool) -> String? {
    let name = String(option.drop { $0 == "-" }).lowercased()
      .split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    return meanings.lazy.filter { $0.names.contains(name) }.map(\.advice)
      .first { fits($0) || $0 == ofConvert }
  }

  /// Of a flag that another command has.
  private static let ofConvert = "it is --encoding, of convert"
}
